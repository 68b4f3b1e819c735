extension ConfusionMatrix {
    /// A picture of the raw counts, each with its share of the true class.
    package func picture(title: String = "Confusion matrix") -> PixelImage {
        let (cell, left, top) = (104, 132, 96)
        let size = classes.count
        let titleWidth = BitmapFont.width(of: title, scale: 2) + 32
        let width = max(left + size * cell + 28, titleWidth, 320)
        let glyphs = (width - 32) / BitmapFont.advance
        let notes = notes.flatMap { BitmapFont.lines(of: $0, glyphs: glyphs) }
        var image = PixelImage(
            width: width, height: top + size * cell + 24 + notes.count * 13 + 12,
            filledWith: .background)
        image.draw(title, x: 16, y: 18, scale: 2)
        let heading = "Predicted class"
        image.draw(
            heading, x: left + (size * cell - BitmapFont.width(of: heading)) / 2, y: top - 36,
            color: .faint)
        let side = "True class"
        image.drawUpwards(
            side, x: 16, y: top + (size * cell + BitmapFont.width(of: side)) / 2, color: .faint)
        let totals = actualTotals
        for row in classes.indices {
            let name = String(classes[row].prefix(14))
            let y = top + row * cell
            image.draw(
                name, x: left - 10 - BitmapFont.width(of: name), y: y + cell / 2 - 8)
            let total = "\(totals[row]) scans"
            image.draw(
                total, x: left - 10 - BitmapFont.width(of: total), y: y + cell / 2 + 6,
                color: .faint)
            for column in classes.indices {
                let x = left + column * cell
                let share =
                    totals[row] == 0 ? nil : Double(counts[row][column]) / Double(totals[row])
                draw(
                    counts[row][column], share: share, correct: row == column, x: x, y: y,
                    cell: cell, in: &image)
            }
        }
        for column in classes.indices {
            let name = String(classes[column].prefix(16))
            let x = left + column * cell + (cell - BitmapFont.width(of: name)) / 2
            image.draw(name, x: x, y: top - 16)
        }
        for (index, note) in notes.enumerated() {
            let last = index == notes.count - 1
            image.draw(
                note, x: 16, y: top + size * cell + 20 + index * 13, color: last ? .warning : .faint
            )
        }
        return image
    }

    private var notes: [String] {
        [
            "Accuracy \(percent(accuracy)); always the most frequent class: "
                + "\(percent(majorityClassAccuracy)).",
            "Research use only. Not for diagnosis.",
        ]
    }

    private func draw(
        _ count: Int, share: Double?, correct: Bool, x: Int, y: Int, cell: Int,
        in image: inout PixelImage
    ) {
        let accent = correct ? PixelColor.accents[0] : PixelColor.accents[1]
        let color = PixelColor.panel.blended(with: accent, opacity: Float(share ?? 0) * 0.7)
        image.fill(x: x + 1, y: y + 1, width: cell - 2, height: cell - 2, with: color)
        let number = "\(count)"
        image.draw(
            number, x: x + (cell - BitmapFont.width(of: number, scale: 3)) / 2,
            y: y + cell / 2 - 22,
            scale: 3)
        let part = percent(share)
        image.draw(part, x: x + (cell - BitmapFont.width(of: part)) / 2, y: y + cell / 2 + 16)
    }
}
