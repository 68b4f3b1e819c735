package import SearchSpaces
import Tensors

/// The space of networks.
package struct SpaceConfiguration: Codable, Hashable, Sendable {
    /// The sizes of the paper, or a space of one's own.
    package enum Preset: String, ConfigurationChoice {
        /// CovidNet3D-S: widths 24 to 320.
        case small = "S"
        /// CovidNet3D-L: widths 32 to 1024.
        case large = "L"
        /// `widths`, `blocks` and `strides` as given.
        case custom
    }

    /// The sizes.
    package var preset = Preset.small
    /// Channels of each cell (`custom`).
    package var widths: [Int] = []
    /// Slots of each cell (`custom`).
    package var blocks: [Int] = []
    /// Stride of each cell along depth, height and width (`custom`).
    package var strides: [[Int]] = []
    /// Stride of the stem along depth, height and width.
    package var stemStride = [2, 2, 2]
    /// Channels of the stem.
    package var stemChannels = 32
    /// Channels of the first block.
    package var firstChannels = 16
    /// Channels of the feature mix.
    package var featureChannels = 1280
    /// Short names of what a slot may be; empty for the paper's eight.
    package var operations: [String] = []

    /// The defaults.
    package init() {}

    /// The space that these settings describe.
    ///
    /// - Throws: ``ConfigurationError`` when lists have different lengths or values make no sense.
    package func searchSpace() throws(ConfigurationError) -> SearchSpace {
        let stem = try Self.stride(stemStride, field: "space.stemStride")
        for (field, value) in [
            ("stemChannels", stemChannels), ("firstChannels", firstChannels),
            ("featureChannels", featureChannels),
        ] where value < 8 || value % 8 != 0 {
            throw .invalid(field: "space.\(field)", found: "\(value)", expected: "a multiple of 8")
        }
        let cells: [SearchSpace.Cell]
        switch preset {
        case .small: cells = SearchSpace.covidNet3DSmall.cells
        case .large: cells = SearchSpace.covidNet3DLarge.cells
        case .custom: cells = try customCells()
        }
        return SearchSpace(
            cells: cells, stemStride: stem, stemChannels: stemChannels,
            firstChannels: firstChannels, featureChannels: featureChannels,
            operations: try candidates())
    }

    private func candidates() throws(ConfigurationError) -> [CandidateOperation] {
        guard !operations.isEmpty else { return CandidateOperation.catalogue }
        var found: [CandidateOperation] = []
        for (index, name) in operations.enumerated() {
            guard let operation = CandidateOperation(named: name) else {
                throw .invalid(
                    field: "space.operations[\(index)]", found: name,
                    expected: CandidateOperation.catalogue.map(\.description)
                        .joined(separator: ", "))
            }
            guard !found.contains(operation) else {
                throw .invalid(
                    field: "space.operations[\(index)]", found: name, expected: "each name once")
            }
            found.append(operation)
        }
        return found
    }

    private func customCells() throws(ConfigurationError) -> [SearchSpace.Cell] {
        guard !widths.isEmpty, widths.count == blocks.count, widths.count == strides.count else {
            throw .invalid(
                field: "space",
                found: "\(widths.count) widths, \(blocks.count) blocks, \(strides.count) strides",
                expected: "lists of the same length, one entry per cell")
        }
        var cells: [SearchSpace.Cell] = []
        for index in widths.indices {
            guard widths[index] >= 8, widths[index] % 8 == 0 else {
                throw .invalid(
                    field: "space.widths[\(index)]", found: "\(widths[index])",
                    expected: "a multiple of 8")
            }
            guard (1...64).contains(blocks[index]) else {
                throw .invalid(
                    field: "space.blocks[\(index)]", found: "\(blocks[index])", expected: "1 to 64")
            }
            cells.append(
                .init(
                    width: widths[index], blocks: blocks[index],
                    stride: try Self.stride(strides[index], field: "space.strides[\(index)]")))
        }
        return cells
    }

    private static func stride(
        _ values: [Int], field: String
    ) throws(ConfigurationError) -> VolumeSize {
        guard values.count == 3, values.allSatisfy({ $0 == 1 || $0 == 2 }) else {
            throw .invalid(
                field: field, found: "\(values)", expected: "three numbers, each 1 or 2")
        }
        return VolumeSize(values[0], values[1], values[2])
    }
}
