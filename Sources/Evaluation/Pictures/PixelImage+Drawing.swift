extension PixelImage {
    /// Fills a rectangle, clipped to the picture.
    mutating func fill(x: Int, y: Int, width: Int, height: Int, with color: PixelColor) {
        for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
            for column in max(0, x)..<max(0, x, min(self.width, x + width)) {
                self[column, row] = color
            }
        }
    }

    /// Draws a rectangle's outline, one pixel wide and inside it.
    mutating func frame(x: Int, y: Int, width: Int, height: Int, with color: PixelColor) {
        fill(x: x, y: y, width: width, height: 1, with: color)
        fill(x: x, y: y + height - 1, width: width, height: 1, with: color)
        fill(x: x, y: y, width: 1, height: height, with: color)
        fill(x: x + width - 1, y: y, width: 1, height: height, with: color)
    }

    /// Copies another picture, clipped.
    mutating func paste(_ other: PixelImage, x: Int, y: Int) {
        for row in 0..<other.height where y + row >= 0 && y + row < height {
            for column in 0..<other.width where x + column >= 0 && x + column < width {
                self[x + column, y + row] = other[column, row]
            }
        }
    }

    /// Draws a smooth straight line between two points in pixels.
    mutating func stroke(
        from start: (x: Float, y: Float), to end: (x: Float, y: Float), thickness: Float = 2,
        with color: PixelColor
    ) {
        let reach = thickness / 2 + 1
        let left = max(0, Int((min(start.x, end.x) - reach).rounded(.down)))
        let right = min(width - 1, Int((max(start.x, end.x) + reach).rounded(.up)))
        let top = max(0, Int((min(start.y, end.y) - reach).rounded(.down)))
        let bottom = min(height - 1, Int((max(start.y, end.y) + reach).rounded(.up)))
        guard left <= right, top <= bottom else { return }
        let (dx, dy) = (end.x - start.x, end.y - start.y)
        let square = dx * dx + dy * dy
        for y in top...bottom {
            for x in left...right {
                let (px, py) = (Float(x) - start.x, Float(y) - start.y)
                let along = square > 0 ? min(max((px * dx + py * dy) / square, 0), 1) : 0
                let (ox, oy) = (px - along * dx, py - along * dy)
                let distance = (ox * ox + oy * oy).squareRoot()
                let coverage = min(max(thickness / 2 + 0.5 - distance, 0), 1)
                if coverage > 0 { self[x, y] = self[x, y].blended(with: color, opacity: coverage) }
            }
        }
    }

    /// Draws a line of text with its top left corner at a place; lower case shows as capitals.
    ///
    /// A halo darkens the surrounding pixels, for text over a slice.
    mutating func draw(
        _ text: String, x: Int, y: Int, scale: Int = 1, color: PixelColor = .text,
        halo: Bool = false
    ) {
        if halo {
            for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)] {
                draw(text, x: x + dx, y: y + dy, scale: scale, color: PixelColor(grey: 0))
            }
        }
        var left = x
        for character in text {
            for (column, row) in BitmapFont.pixels(of: character) {
                fill(
                    x: left + column * scale, y: y + row * scale, width: scale, height: scale,
                    with: color)
            }
            left += BitmapFont.advance * scale
        }
    }

    /// Draws text that reads from bottom to top; the place is the bottom left corner of the turned
    /// line.
    mutating func drawUpwards(
        _ text: String, x: Int, y: Int, scale: Int = 1, color: PixelColor = .text
    ) {
        var bottom = y
        for character in text {
            for (column, row) in BitmapFont.pixels(of: character) {
                fill(
                    x: x + row * scale, y: bottom - (column + 1) * scale, width: scale,
                    height: scale, with: color)
            }
            bottom -= BitmapFont.advance * scale
        }
    }
}
