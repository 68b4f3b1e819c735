import ImageCodecs

/// From a file's numbers to greys in 0...1, the same for all slices of a scan.
struct GreyScale: Hashable, Sendable {
    let low: Float
    let high: Float
    /// The grey that parts air from tissue.
    private(set) var threshold: Float = 0.5

    /// The scale of Hounsfield units.
    static let hounsfield = GreyScale(low: -1000, high: 400)

    private init(low: Float, high: Float) {
        (self.low, self.high) = (low, high)
    }

    /// The scale of a scan of pictures, told by one of them.
    init(_ picture: Picture) {
        let (least, most) = picture.pixels.reduce(into: (Float.infinity, -Float.infinity)) {
            if $1.isFinite { $0 = (min($0.0, $1), max($0.1, $1)) }
        }
        switch picture.sample {
        case .uint8: self.init(low: 0, high: 255)
        case .int8: self.init(low: -128, high: 127)
        // 12-bit CT is stored as HU + 1024.
        case .uint16: self = most <= 5000 ? Self(low: 24, high: 1424) : Self(low: 0, high: 65535)
        case .int16: self = .hounsfield
        case .float32:
            if least < -200 {
                self = .hounsfield
            } else if most > 300 {
                self.init(low: 24, high: 1424)
            } else if most > 1.5 {
                self.init(low: 0, high: 255)
            } else {
                self.init(low: 0, high: 1)
            }
        }
    }

    /// The grey of a number; what is no number is 0.
    func callAsFunction(_ value: Float) -> Float {
        let grey = (value - low) / (high - low)
        return grey > 0 ? min(grey, 1) : 0
    }

    /// The scale with the threshold that parts the greys of some slices best.
    ///
    /// Never below 0.2: air alone would be parted into darker and lighter air.
    ///
    /// - SeeAlso: Otsu, *A threshold selection method from gray-level histograms*, 1979.
    func dividing(_ pixels: some Sequence<Float>) -> GreyScale {
        var counts = [Double](repeating: 0, count: 64)
        for pixel in pixels { counts[min(63, Int(self(pixel) * 64))] += 1 }
        let total = counts.reduce(0, +)
        let sum = counts.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
        var (below, belowSum) = (0.0, 0.0)
        var (best, bestBin) = (-1.0, 31)
        for bin in 0..<63 {
            below += counts[bin]
            belowSum += Double(bin) * counts[bin]
            guard below > 0, below < total else { continue }
            let difference = belowSum / below - (sum - belowSum) / (total - below)
            let between = below * (total - below) * difference * difference
            if between > best { (best, bestBin) = (between, bin) }
        }
        var divided = self
        divided.threshold = max(0.2, Float(bestBin + 1) / 64)
        return divided
    }
}
