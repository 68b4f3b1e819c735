/// Which values are shown from black to white.
package struct GreyWindow: Hashable, Codable, Sendable {
    /// The value shown black.
    package let black: Float
    /// The value shown white.
    package let white: Float
    /// The unit to print, such as `HU`; empty for numbers without one.
    package let unit: String

    /// A window from its ends.
    package init(black: Float, white: Float, unit: String = "HU") {
        precondition(white > black, "white lies above black")
        self.black = black
        self.white = white
        self.unit = unit
    }

    /// The usual lung window: centre -600 HU, width 1500 HU.
    package static let lung = GreyWindow(black: -1350, white: 150)
    /// Volumes that were scaled to 0...1 already.
    package static let unitInterval = GreyWindow(black: 0, white: 1, unit: "")

    /// The grey of a value.
    package func grey(_ value: Float) -> PixelColor {
        let share = (value - black) / (white - black)
        return PixelColor(grey: UInt8((min(max(share, 0), 1) * 255).rounded()))
    }
}
