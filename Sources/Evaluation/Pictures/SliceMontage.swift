import Tensors

/// Slices side by side, plain and with the map over them, with a title and a colour bar.
package struct SliceMontage: Sendable {
    /// What the title says about the scan.
    package struct Caption: Hashable, Sendable {
        /// The scan's identifier.
        package let scan: String
        /// The class that the map explains.
        package let explainedClass: String
        /// The model's probability of that class.
        package let probability: Double
        /// The true class, if known and to be shown.
        package let label: String?
        /// The body side at the left edge of the picture, such as `R`, if known.
        package let leftMark: String?

        /// A caption from its parts.
        package init(
            scan: String, explainedClass: String, probability: Double, label: String? = nil,
            leftMark: String? = nil
        ) {
            self.scan = scan
            self.explainedClass = explainedClass
            self.probability = probability
            self.label = label
            self.leftMark = leftMark
        }
    }

    /// The scan and its map.
    package let overlay: HeatmapOverlay
    /// What the title says.
    package let caption: Caption
    /// The slices shown, counted from 0.
    package let slices: [Int]
    /// Pictures per row.
    package let columns: Int
    /// The width of one picture in pixels.
    package let tileWidth: Int
    /// Whether each slice is also shown without colour.
    package let showsPlainSlices: Bool

    /// A montage of at most `maximumSlices` slices, evenly spaced from the first to the last.
    package init(
        _ overlay: HeatmapOverlay, caption: Caption, maximumSlices: Int = 12, columns: Int = 4,
        tileWidth: Int = 224, showsPlainSlices: Bool = true
    ) {
        precondition(maximumSlices > 0 && columns > 0 && tileWidth > 0, "a montage has pictures")
        self.overlay = overlay
        self.caption = caption
        let count = min(maximumSlices, overlay.depth)
        slices = (0..<count).map { index in
            count == 1 ? overlay.depth / 2 : index * (overlay.depth - 1) / (count - 1)
        }
        self.columns = min(columns, count)
        self.tileWidth = tileWidth
        self.showsPlainSlices = showsPlainSlices
    }

    private static let margin = 16
    private static let gap = 4
    private static let barColumn = 116

    /// Draws the montage on a dark background.
    package func picture() -> PixelImage {
        let margin = Self.margin
        let tileHeight = max(1, tileWidth * overlay.volume.shape[1] / overlay.volume.shape[2])
        let bands = (slices.count + columns - 1) / columns
        let perBand = showsPlainSlices ? 2 : 1
        let bandHeight = perBand * (tileHeight + Self.gap) + 8
        let gridWidth = columns * (tileWidth + Self.gap) - Self.gap
        let width = max(560, 3 * margin + gridWidth + Self.barColumn)
        let notes = notes.flatMap { note in
            BitmapFont.lines(of: note.text, glyphs: (width - 2 * margin) / BitmapFont.advance)
                .map { (text: $0, color: note.color) }
        }
        let titles = BitmapFont.lines(
            of: title, glyphs: (width - 2 * margin) / (2 * BitmapFont.advance))
        let top = margin + titles.count * 20 + notes.count * 12 + 12
        let gridHeight = max(bands * bandHeight, 240)
        var image = PixelImage(
            width: width, height: top + gridHeight + margin, filledWith: .background)
        for (index, line) in titles.enumerated() {
            image.draw(line, x: margin, y: margin + index * 20, scale: 2)
        }
        for (index, line) in notes.enumerated() {
            let y = margin + titles.count * 20 + 2 + index * 12
            image.draw(line.text, x: margin, y: y, color: line.color)
        }
        for (place, slice) in slices.enumerated() {
            let x = margin + place % columns * (tileWidth + Self.gap)
            let y = top + place / columns * bandHeight
            if showsPlainSlices {
                image.paste(plainTile(slice), x: x, y: y)
            }
            let below = showsPlainSlices ? y + tileHeight + Self.gap : y
            image.paste(heatTile(slice), x: x, y: below)
        }
        let bar = ColorBar(of: overlay, height: min(gridHeight - 8, 360))
        image.paste(bar.picture(width: Self.barColumn), x: 2 * margin + gridWidth, y: top)
        return image
    }

    private var title: String {
        let probability = decimal(caption.probability, 3)
        let label = caption.label.map { " | Label \($0)" } ?? ""
        return "Evidence for \(caption.explainedClass) | P=\(probability)\(label)"
    }

    private var notes: [(text: String, color: PixelColor)] {
        let window = overlay.window
        let unit = window.unit.isEmpty ? "" : " " + window.unit
        let range = "\(decimal(Double(window.black), 0)) to \(decimal(Double(window.white), 0))"
        let orientation =
            caption.leftMark.map { "Left edge of picture: \($0)." } ?? "Orientation as stored."
        let share = slices.count < overlay.depth ? " \(slices.count) of them shown." : ""
        return [
            ("Research use only. Not for diagnosis.", .warning),
            ("Scan \(caption.scan). \(overlay.depth) slices.\(share) \(orientation)", .faint),
            ("Grey window \(range)\(unit).", .faint),
            (overlay.depthStatement, overlay.mapDepth < overlay.depth ? .warning : .faint),
        ]
    }

    private func plainTile(_ slice: Int) -> PixelImage {
        var tile = overlay.greySlice(slice, width: tileWidth)
        mark(&tile, slice)
        return tile
    }

    private func heatTile(_ slice: Int) -> PixelImage {
        var tile = overlay.slice(slice, width: tileWidth)
        mark(&tile, slice)
        return tile
    }

    private func mark(_ tile: inout PixelImage, _ slice: Int) {
        tile.draw("\(slice + 1)/\(overlay.depth)", x: 5, y: 5, color: .text, halo: true)
        if let mark = caption.leftMark {
            tile.draw(mark, x: 5, y: tile.height / 2 - 4, color: .text, halo: true)
        }
    }
}
