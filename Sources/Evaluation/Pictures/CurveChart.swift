/// A chart of lines over two numeric axes, on a dark background.
package struct CurveChart: Sendable {
    /// One line.
    package struct Series: Sendable {
        /// The name in the legend; empty to leave it out.
        package let name: String
        /// The points in the order in which they are joined.
        package let points: [(x: Double, y: Double)]
        /// Whether the line is a thin grey reference.
        package let isReference: Bool

        /// A line from its points.
        package init(_ name: String, points: [(x: Double, y: Double)], isReference: Bool = false) {
            self.name = name
            self.points = points
            self.isReference = isReference
        }
    }

    /// The heading.
    package let title: String
    /// The names of the axes.
    package let axes: (x: String, y: String)
    /// The values at the ends of the axes.
    package let ranges: (x: ClosedRange<Double>, y: ClosedRange<Double>)
    /// The lines.
    package let series: [Series]
    /// The values marked along x.
    package let xTicks: [Double]
    /// Lines of text beneath the chart.
    package let notes: [String]

    /// A chart from its parts; each range must have an extent.
    package init(
        title: String, axes: (x: String, y: String),
        ranges: (x: ClosedRange<Double>, y: ClosedRange<Double>) = (0...1, 0...1),
        xTicks: [Double]? = nil, series: [Series], notes: [String] = []
    ) {
        precondition(
            ranges.x.upperBound > ranges.x.lowerBound && ranges.y.upperBound > ranges.y.lowerBound,
            "an axis has an extent")
        self.title = title
        self.axes = axes
        self.ranges = ranges
        let extent = ranges.x.upperBound - ranges.x.lowerBound
        self.xTicks = xTicks ?? (0...5).map { ranges.x.lowerBound + Double($0) / 5 * extent }
        self.series = series
        self.notes = notes
    }

    private static let side = 400
    private static let left = 76
    private static let top = 52

    /// Draws the chart.
    package func picture() -> PixelImage {
        let (side, left, top) = (Self.side, Self.left, Self.top)
        let width = left + side + 28
        let legend = series.filter { !$0.name.isEmpty }
        let glyphs = (width - 32) / BitmapFont.advance
        let notes = (notes + ["Research use only. Not for diagnosis."]).flatMap {
            BitmapFont.lines(of: $0, glyphs: glyphs)
        }
        let below = top + side + 48
        let height = below + legend.count * 14 + notes.count * 13 + 16
        var image = PixelImage(width: width, height: height, filledWith: .background)
        image.draw(title, x: 16, y: 18, scale: title.count * 12 < width - 32 ? 2 : 1)
        drawAxes(&image)
        let colors = colors
        for (line, color) in zip(series, colors) where line.isReference {
            draw(line, color: color, in: &image)
        }
        for (line, color) in zip(series, colors) where !line.isReference {
            draw(line, color: color, in: &image)
        }
        let named = zip(series, colors).filter { !$0.0.name.isEmpty }
        for (index, (line, color)) in named.enumerated() {
            let y = below + index * 14
            image.fill(x: 16, y: y + 2, width: 22, height: 3, with: color)
            image.draw(line.name, x: 46, y: y)
        }
        for (index, note) in notes.enumerated() {
            let y = below + legend.count * 14 + 4 + index * 13
            let last = index == notes.count - 1
            image.draw(note, x: 16, y: y, color: last ? .warning : .faint)
        }
        return image
    }

    /// A colour per line: grey for references, one accent after another for the rest.
    private var colors: [PixelColor] {
        var used = 0
        return series.map { line in
            if line.isReference { return .faint }
            used += 1
            return PixelColor.accents[(used - 1) % PixelColor.accents.count]
        }
    }

    private func drawAxes(_ image: inout PixelImage) {
        let (side, left, top) = (Self.side, Self.left, Self.top)
        image.fill(x: left, y: top, width: side, height: side, with: .panel)
        let extent = ranges.x.upperBound - ranges.x.lowerBound
        let whole = xTicks.allSatisfy { $0 == $0.rounded() }
        for value in xTicks {
            let offset = Int((value - ranges.x.lowerBound) / extent * Double(side - 1))
            image.fill(x: left + offset, y: top, width: 1, height: side, with: .line)
            let x = whole ? decimal(value, 0) : tick(value, extent: extent)
            image.draw(
                x, x: left + offset - BitmapFont.width(of: x) / 2, y: top + side + 8, color: .faint)
        }
        for step in 0...5 {
            let offset = step * (side - 1) / 5
            image.fill(x: left, y: top + side - 1 - offset, width: side, height: 1, with: .line)
            let y = label(ranges.y, Double(step) / 5)
            image.draw(
                y, x: left - 8 - BitmapFont.width(of: y), y: top + side - 4 - offset, color: .faint)
        }
        image.draw(
            axes.x, x: left + (side - BitmapFont.width(of: axes.x)) / 2, y: top + side + 26)
        image.drawUpwards(
            axes.y, x: 16, y: top + (side + BitmapFont.width(of: axes.y)) / 2)
    }

    private func label(_ range: ClosedRange<Double>, _ share: Double) -> String {
        let extent = range.upperBound - range.lowerBound
        let value = range.lowerBound + share * extent
        return tick(value, extent: extent)
    }

    private func draw(_ line: Series, color: PixelColor, in image: inout PixelImage) {
        func place(_ point: (x: Double, y: Double)) -> (x: Float, y: Float) {
            let x = (point.x - ranges.x.lowerBound) / (ranges.x.upperBound - ranges.x.lowerBound)
            let y = (point.y - ranges.y.lowerBound) / (ranges.y.upperBound - ranges.y.lowerBound)
            let extent = Double(Self.side - 1)
            return (
                Float(Double(Self.left) + min(max(x, 0), 1) * extent),
                Float(Double(Self.top) + (1 - min(max(y, 0), 1)) * extent)
            )
        }
        let places = line.points.map(place)
        for (start, end) in zip(places, places.dropFirst()) {
            image.stroke(
                from: start, to: end, thickness: line.isReference ? 1 : 2.4, with: color)
        }
    }
}
