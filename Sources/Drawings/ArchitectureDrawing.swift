package import SearchSpaces
package import Tensors

/// A network of the space as an SVG picture: a row per cell, a box per slot.
///
/// - SeeAlso: CovidNet3D, Figure 2.
package struct ArchitectureDrawing: Sendable {
    private let architecture: Architecture
    private let space: SearchSpace
    private let input: VolumeSize
    private let classes: [String]
    private let title: String
    private let notes: [String]

    /// A drawing of a network.
    ///
    /// - Parameters:
    ///   - architecture: The chosen operation of every slot.
    ///   - space: The space that it belongs to.
    ///   - input: The extents of the input volume; they give the sizes on the arrows.
    ///   - classes: The names of the classes.
    ///   - title: The heading.
    ///   - notes: Lines beneath the heading, such as parameters and MACs.
    package init(
        of architecture: Architecture, in space: SearchSpace, input: VolumeSize, classes: [String],
        title: String, notes: [String] = []
    ) {
        self.architecture = architecture
        self.space = space
        self.input = input
        self.classes = classes
        self.title = title
        self.notes = notes
    }

    private static let left = 150.0
    private static let boxWidth = 104.0
    private static let boxHeight = 52.0
    private static let step = 128.0
    private static let rowHeight = 96.0

    /// The picture as text.
    package var svg: String {
        var canvas = SVGCanvas()
        canvas.text(title, x: 20, y: 34, size: 19, isBold: true)
        for (index, note) in notes.enumerated() {
            canvas.text(note, x: 20, y: 56 + Double(index) * 18, fill: "#5b6675")
        }
        var top = 74 + Double(notes.count) * 18
        var size = input
        let operations = architecture.operations(in: space)
        let longest = space.cells.map(\.blocks).max() ?? 1
        drawRow(
            &canvas, top: top, name: "Stem", sizes: "input \(size)",
            boxes: [
                Box("Conv 3×3×3", "stride \(Self.stride(space.stemStride))", .fixed),
                Box("k3, no expansion", "\(space.firstChannels) channels", .fixed),
            ])
        size = size.dividedRoundingUp(by: space.stemStride)
        var slot = 0
        for (index, cell) in space.cells.enumerated() {
            connect(&canvas, top: top, boxes: index == 0 ? 2 : space.cells[index - 1].blocks)
            top += Self.rowHeight
            size = size.dividedRoundingUp(by: cell.stride)
            let boxes = (0..<cell.blocks).map { block in
                let operation = operations[slot + block]
                return Box(
                    operation.description, Self.explanation(operation), .searched(operation),
                    hasShortcut: block > 0 && operation != .skip)
            }
            slot += cell.blocks
            drawRow(
                &canvas, top: top, name: "Cell \(index + 1)",
                sizes: "\(size), \(cell.width) ch., stride \(Self.stride(cell.stride))",
                boxes: boxes)
        }
        connect(&canvas, top: top, boxes: space.cells.last?.blocks ?? 1)
        top += Self.rowHeight
        drawRow(
            &canvas, top: top, name: "Head", sizes: "\(size), \(space.featureChannels) ch.",
            boxes: [
                Box("Feature mix", "1×1×1, map for CAM", .fixed),
                Box("Average", "over all voxels", .fixed),
                Box("Linear", "\(classes.count) classes", .fixed),
            ])
        top += Self.rowHeight
        canvas.text(
            "Classes: \(classes.joined(separator: ", ")). Every slot begins with a 1×1×1 "
                + "calibration, which carries the stride; arcs are shortcuts.", x: 20, y: top,
            size: 12, fill: "#5b6675")
        canvas.text(
            "Research use only.", x: 20, y: top + 18, size: 12, fill: "#9a5b00", isBold: true)
        let width = max(Self.left + Double(max(longest, 3)) * Self.step + 10, 660)
        return canvas.document(width: width, height: top + 34, title: title)
    }

    /// One box of a row.
    private struct Box {
        enum Kind {
            case fixed
            case searched(CandidateOperation)
        }

        let name: String
        let detail: String
        let kind: Kind
        let hasShortcut: Bool

        init(_ name: String, _ detail: String, _ kind: Kind, hasShortcut: Bool = false) {
            self.name = name
            self.detail = detail
            self.kind = kind
            self.hasShortcut = hasShortcut
        }

        var fill: String {
            guard case .searched(let operation) = kind else { return "#eceff3" }
            switch operation {
            case .skip: return "#ffffff"
            case .mobileConvolution(let kernel, let expansion):
                let shades: [String] =
                    switch kernel {
                    case 3: ["#d3e6fb", "#b6d5f7", "#90bdf0"]
                    case 5: ["#d6efd0", "#b3e0a9"]
                    default: ["#fde0c2", "#fac593"]
                    }
                return shades[min(max(expansion - 3, 0), shades.count - 1)]
            }
        }
    }

    private func drawRow(
        _ canvas: inout SVGCanvas, top: Double, name: String, sizes: String, boxes: [Box]
    ) {
        canvas.text(name, x: 20, y: top + 22, size: 15, isBold: true)
        for (index, line) in sizes.split(separator: ",").enumerated() {
            canvas.text(
                line.trimmingPrefix(" ").description, x: 20, y: top + 38 + Double(index) * 14,
                size: 11, fill: "#5b6675")
        }
        for (index, box) in boxes.enumerated() {
            let x = Self.left + Double(index) * Self.step
            if index > 0 {
                canvas.arrow([(x - Self.step + Self.boxWidth, top + 26), (x - 1, top + 26)])
            }
            if box.hasShortcut {
                canvas.arrow([
                    (x - 8, top + 26), (x - 8, top - 8), (x + Self.boxWidth + 8, top - 8),
                    (x + Self.boxWidth + 8, top + 24),
                ])
            }
            canvas.box(
                x: x, y: top, width: Self.boxWidth, height: Self.boxHeight, fill: box.fill,
                stroke: "#5b6675", title: "\(name), block \(index + 1): \(box.name)")
            canvas.text(
                box.name, x: x + Self.boxWidth / 2, y: top + 23, anchor: "middle", isBold: true)
            canvas.text(
                box.detail, x: x + Self.boxWidth / 2, y: top + 40, size: 10.5, fill: "#3a4554",
                anchor: "middle")
        }
    }

    /// The line from the last box of a row to the first of the next.
    private func connect(_ canvas: inout SVGCanvas, top: Double, boxes: Int) {
        let x = Self.left + Double(boxes - 1) * Self.step + Self.boxWidth
        let middle = top + Self.boxHeight + 14
        canvas.arrow([
            (x, top + 26), (x + 14, top + 26), (x + 14, middle), (Self.left - 16, middle),
            (Self.left - 16, top + Self.rowHeight + 26), (Self.left - 1, top + Self.rowHeight + 26),
        ])
    }

    private static func explanation(_ operation: CandidateOperation) -> String {
        switch operation {
        case .skip: "passes on"
        case .mobileConvolution(let kernel, let expansion):
            "\(kernel)×\(kernel)×\(kernel), expand \(expansion)"
        }
    }

    private static func stride(_ stride: VolumeSize) -> String {
        "\(stride.depth)·\(stride.height)·\(stride.width)"
    }
}
