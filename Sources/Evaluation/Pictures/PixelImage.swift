/// A colour with 8 bits per channel.
package struct PixelColor: Hashable, Sendable {
    /// Red, 0 to 255.
    package let red: UInt8
    /// Green, 0 to 255.
    package let green: UInt8
    /// Blue, 0 to 255.
    package let blue: UInt8

    /// A colour from its channels.
    package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// A grey.
    package init(grey: UInt8) { self.init(grey, grey, grey) }

    /// This colour with another one laid over it; `opacity` from 0 to 1.
    package func blended(with other: PixelColor, opacity: Float) -> PixelColor {
        func mix(_ below: UInt8, _ above: UInt8) -> UInt8 {
            UInt8((Float(below) + opacity * (Float(above) - Float(below))).rounded())
        }
        return PixelColor(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
    }

    static let background = PixelColor(14, 16, 20)
    static let panel = PixelColor(28, 31, 38)
    static let line = PixelColor(70, 75, 86)
    static let faint = PixelColor(140, 147, 160)
    static let text = PixelColor(226, 230, 236)
    static let warning = PixelColor(246, 190, 90)
    static let accents = [
        PixelColor(94, 182, 255), PixelColor(255, 160, 92), PixelColor(130, 214, 138),
        PixelColor(222, 138, 236), PixelColor(244, 220, 110),
    ]
}

/// A picture of 8-bit red, green and blue, row by row from the top left.
package struct PixelImage: Hashable, Sendable {
    /// Pixels per row.
    package let width: Int
    /// Rows.
    package let height: Int
    /// Three bytes per pixel.
    package private(set) var rgb: [UInt8]

    /// A picture from its bytes, as many as `3 · width · height`.
    package init(width: Int, height: Int, rgb: [UInt8]) {
        precondition(rgb.count == 3 * width * height, "three bytes per pixel")
        self.width = width
        self.height = height
        self.rgb = rgb
    }

    /// A picture of one colour.
    package init(width: Int, height: Int, filledWith color: PixelColor) {
        precondition(width > 0 && height > 0, "a picture has pixels")
        self.width = width
        self.height = height
        rgb = []
        rgb.reserveCapacity(3 * width * height)
        for _ in 0..<(width * height) { rgb += [color.red, color.green, color.blue] }
    }

    /// One pixel.
    package subscript(x: Int, y: Int) -> PixelColor {
        get {
            let start = 3 * (y * width + x)
            return PixelColor(rgb[start], rgb[start + 1], rgb[start + 2])
        }
        set {
            let start = 3 * (y * width + x)
            rgb[start] = newValue.red
            rgb[start + 1] = newValue.green
            rgb[start + 2] = newValue.blue
        }
    }
}
