/// The key of a heat map: colours as they show over grey, with raw values beside them.
struct ColorBar {
    let overlay: HeatmapOverlay
    let height: Int

    init(of overlay: HeatmapOverlay, height: Int) {
        self.overlay = overlay
        self.height = height
    }

    /// The bar with its labels.
    func picture(width: Int) -> PixelImage {
        let (top, bottom, barWidth) = (44, 62, 22)
        let length = max(40, height - top - bottom)
        var image = PixelImage(
            width: width, height: top + length + bottom, filledWith: .background)
        let symmetric = overlay.scale.normalization == .symmetric
        image.draw(symmetric ? "For the class" : "More evidence", x: 0, y: 4)
        image.draw("(raw CAM value)", x: 0, y: 18, color: .faint)
        for row in 0..<length {
            let level = 1 - (Float(row) + 0.5) / Float(length)
            // Full colour on the left; on the right as it shows over a slice.
            let full = overlay.colorMap.color(at: level)
            let shown = PixelColor(grey: 110).blended(
                with: full, opacity: overlay.opacity * overlay.scale.visibility(level))
            image.fill(x: 0, y: top + row, width: barWidth / 2, height: 1, with: full)
            image.fill(
                x: barWidth / 2, y: top + row, width: barWidth / 2, height: 1, with: shown)
        }
        image.frame(x: 0, y: top, width: barWidth, height: length, with: .line)
        for (share, label) in labels {
            let y = top + Int((1 - share) * Float(length - 1))
            image.fill(x: barWidth, y: y, width: 5, height: 1, with: .faint)
            image.draw(label, x: barWidth + 9, y: y - 3)
        }
        let after = top + length
        image.draw(symmetric ? "Against it" : "Less evidence", x: 0, y: after + 10)
        for (index, line) in scaleNote.enumerated() {
            image.draw(line, x: 0, y: after + 28 + index * 12, color: .faint)
        }
        return image
    }

    private var labels: [(share: Float, label: String)] {
        guard overlay.scale.normalization != .perSlice else {
            return [(0, "P1 of slice"), (1, "P99 of slice")]
        }
        let range = overlay.scale.ends[0]
        guard range.upperBound > range.lowerBound else {
            return [(0.5, decimal(Double(range.lowerBound), 3))]
        }
        return (0...4).map { step in
            let share = Float(step) / 4
            let value = range.lowerBound + share * (range.upperBound - range.lowerBound)
            let extent = Double(range.upperBound - range.lowerBound)
            return (share, tick(Double(value), extent: extent))
        }
    }

    private var scaleNote: [String] {
        switch overlay.scale.normalization {
        case .percentiles: ["One scale for", "all slices"]
        case .symmetric: ["One scale for", "all slices"]
        case .perSlice: ["Colours do not", "compare between", "slices"]
        }
    }
}
