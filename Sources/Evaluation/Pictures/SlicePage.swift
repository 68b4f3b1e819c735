/// One slice, plain and with the map over it, with a title and a colour bar: a picture to put into
/// a talk or a folder of a case.
package struct SlicePage: Sendable {
    /// The scan and its map.
    package let overlay: HeatmapOverlay
    /// What the title says.
    package let caption: SliceMontage.Caption
    /// The width of one picture in pixels.
    package let tileWidth: Int

    /// Pages of a scan's slices.
    package init(_ overlay: HeatmapOverlay, caption: SliceMontage.Caption, tileWidth: Int = 384) {
        precondition(tileWidth > 0, "a page has a picture")
        self.overlay = overlay
        self.caption = caption
        self.tileWidth = tileWidth
    }

    /// Draws the page of one slice.
    ///
    /// - Parameters:
    ///   - slice: The slice of the input, from 0.
    ///   - name: What the slice is in the scan, such as `slice 41 of 120`.
    /// - Returns: The picture.
    package func picture(ofSlice slice: Int, name: String) -> PixelImage {
        let (margin, gap, barColumn, top) = (16, 8, 116, 64)
        let grey = overlay.greySlice(slice, width: tileWidth)
        let heat = overlay.slice(slice, width: tileWidth)
        let width = 3 * margin + 2 * tileWidth + gap + barColumn
        let notes = [
            (
                overlay.depthStatement,
                overlay.mapDepth < overlay.depth ? PixelColor.warning : .faint
            ),
            ("Research use only. Not for diagnosis.", .warning),
        ].flatMap { note in
            BitmapFont.lines(of: note.0, glyphs: (width - 2 * margin) / BitmapFont.advance)
                .map { (text: $0, color: note.1) }
        }
        let content = max(grey.height, 240)
        var image = PixelImage(
            width: width, height: top + content + 12 + notes.count * 13 + margin,
            filledWith: .background)
        let probability = decimal(caption.probability, 3)
        image.draw(
            "Evidence for \(caption.explainedClass) | P=\(probability)", x: margin, y: margin,
            scale: 2)
        image.draw("Scan \(caption.scan), \(name)", x: margin, y: margin + 24, color: .faint)
        for (tile, x) in [(grey, margin), (heat, margin + tileWidth + gap)] {
            image.paste(tile, x: x, y: top)
            if let mark = caption.leftMark {
                image.draw(mark, x: x + 6, y: top + tile.height / 2, color: .text, halo: true)
            }
        }
        let bar = ColorBar(of: overlay, height: min(content - 8, 360))
        image.paste(
            bar.picture(width: barColumn), x: 2 * margin + 2 * tileWidth + gap, y: top)
        for (index, note) in notes.enumerated() {
            image.draw(note.text, x: margin, y: top + content + 12 + index * 13, color: note.color)
        }
        return image
    }
}
