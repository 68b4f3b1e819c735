package import Tensors

/// What may be searched: cells of slots, each slot a choice among candidate operations.
///
/// - SeeAlso: CovidNet3D, *Search space* and Figure 2.
package struct SearchSpace: Hashable, Sendable {
    /// A run of slots of one width; the first slot carries the stride.
    package struct Cell: Hashable, Sendable {
        /// Output channels of every slot.
        package let width: Int
        /// The number of slots.
        package let blocks: Int
        /// The stride of the first slot's calibration.
        package let stride: VolumeSize

        /// A cell description.
        package init(width: Int, blocks: Int, stride: VolumeSize) {
            self.width = width
            self.blocks = blocks
            self.stride = stride
        }
    }

    /// One searched position.
    package struct Slot: Hashable, Sendable {
        /// The cell, from 0.
        package let cell: Int
        /// The block within the cell, from 0.
        package let block: Int
        /// Channels before calibration.
        package let inputChannels: Int
        /// Channels after calibration and of the output.
        package let width: Int
        /// The stride of the calibration.
        package let stride: VolumeSize
        /// Whether the calibrated input is added to the operation's output: every block but a
        /// cell's first.
        package let hasShortcut: Bool
    }

    /// The cells, from the input on.
    package let cells: [Cell]
    /// The stride of the 3×3×3 stem.
    package let stemStride: VolumeSize
    /// Output channels of the stem.
    package let stemChannels: Int
    /// Output channels of the first block, a mobile convolution without expansion.
    package let firstChannels: Int
    /// Channels of the feature mix that the class activation maps are read from.
    package let featureChannels: Int
    /// Channels of the input volume.
    package let inputChannels: Int
    /// What each slot chooses among.
    package let operations: [CandidateOperation]

    /// A search space.
    package init(
        cells: [Cell], stemStride: VolumeSize = VolumeSize(cubic: 2), stemChannels: Int = 32,
        firstChannels: Int = 16, featureChannels: Int = 1280, inputChannels: Int = 1,
        operations: [CandidateOperation] = CandidateOperation.catalogue
    ) {
        self.cells = cells
        self.stemStride = stemStride
        self.stemChannels = stemChannels
        self.firstChannels = firstChannels
        self.featureChannels = featureChannels
        self.inputChannels = inputChannels
        self.operations = operations
    }

    /// The small space: widths 24 to 320.
    package static let covidNet3DSmall = preset(widths: [24, 40, 80, 96, 192, 320])

    /// The large space: widths 32 to 1024.
    package static let covidNet3DLarge = preset(widths: [32, 64, 128, 256, 512, 1024])

    private static func preset(widths: [Int]) -> SearchSpace {
        let blocks = [4, 4, 4, 4, 4, 1]
        let strides = [2, 2, 2, 1, 2, 1]
        return SearchSpace(
            cells: zip(widths, zip(blocks, strides)).map { width, rest in
                Cell(width: width, blocks: rest.0, stride: VolumeSize(cubic: rest.1))
            })
    }

    /// The searched positions, from the input on.
    package var slots: [Slot] {
        var slots: [Slot] = []
        var channels = firstChannels
        for (index, cell) in cells.enumerated() {
            for block in 0..<cell.blocks {
                slots.append(
                    Slot(
                        cell: index, block: block, inputChannels: channels, width: cell.width,
                        stride: block == 0 ? cell.stride : VolumeSize(cubic: 1),
                        hasShortcut: block > 0))
                channels = cell.width
            }
        }
        return slots
    }

    /// The number of searched positions.
    package var slotCount: Int { cells.reduce(0) { $0 + $1.blocks } }
}
