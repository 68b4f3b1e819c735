/// Colours from blue, little evidence, to red, much evidence.
package enum ColorMap: String, Codable, Sendable {
    /// Blue, cyan, green, yellow, red: for a scale from low to high.
    case blueToRed
    /// Blue, white, red: for a scale with 0 in the middle.
    case blueWhiteRed

    /// The map that suits a normalisation.
    package init(for normalization: HeatNormalization) {
        self = normalization == .symmetric ? .blueWhiteRed : .blueToRed
    }

    /// The colour at a level, 0 to 1; levels outside are held at the ends.
    package func color(at level: Float) -> PixelColor {
        let stops = stops
        let place = min(max(level, 0), 1) * Float(stops.count - 1)
        let lower = min(Int(place), stops.count - 2)
        return stops[lower].blended(with: stops[lower + 1], opacity: place - Float(lower))
    }

    private var stops: [PixelColor] {
        switch self {
        case .blueToRed:
            [
                PixelColor(36, 60, 200), PixelColor(38, 152, 240), PixelColor(70, 214, 170),
                PixelColor(246, 222, 66), PixelColor(250, 132, 38), PixelColor(226, 24, 28),
            ]
        case .blueWhiteRed:
            [
                PixelColor(24, 70, 230), PixelColor(110, 170, 250), PixelColor(236, 236, 236),
                PixelColor(250, 150, 110), PixelColor(226, 24, 28),
            ]
        }
    }
}
