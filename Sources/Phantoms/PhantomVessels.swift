import Tensors

/// Branching tubes from the hilum of each lung to its border.
struct PhantomVessels {
    /// One straight piece, tapering from its start to its end; millimetres.
    struct Piece {
        let start: SIMD3<Float>
        let end: SIMD3<Float>
        let radius: Float
    }

    private(set) var pieces: [Piece] = []

    /// Trees for both lungs.
    ///
    /// - Parameters:
    ///   - stream: The random numbers.
    ///   - height: The scan's height in millimetres.
    init(_ stream: inout RandomStream, height: Float) {
        for side: Float in [-1, 1] {
            for _ in 0..<17 {
                let hilum = SIMD3<Float>(
                    side * 34, Float(stream.nextUnit() - 0.5) * 24 + 8,
                    height * (0.42 + 0.16 * Float(stream.nextUnit())))
                var direction = SIMD3<Float>(
                    side * (0.45 + Float(stream.nextUnit())), Float(stream.nextNormal()) * 0.8,
                    Float(stream.nextNormal()) * 1.5)
                direction /= Self.length(direction)
                grow(
                    from: hilum, direction, radius: 3.4 + 1.4 * Float(stream.nextUnit()), &stream)
            }
        }
    }

    /// Grows one tree, thick branches before thin ones, to at most 110 pieces.
    private mutating func grow(
        from start: SIMD3<Float>, _ direction: SIMD3<Float>, radius: Float,
        _ stream: inout RandomStream
    ) {
        var tips = [(start: start, direction: direction, radius: radius)]
        var next = 0
        while next < tips.count && next < 110 {
            let tip = tips[next]
            next += 1
            let length = 4.5 + 3.4 * tip.radius * Float(0.6 + stream.nextUnit())
            let end = tip.start + tip.direction * length
            pieces.append(Piece(start: tip.start, end: end, radius: tip.radius))
            let count = stream.nextUnit() < 0.62 ? 2 : 1
            for child in 0..<count {
                let spread: Float = child == 0 ? 0.28 : 0.75
                var turned =
                    tip.direction
                    + SIMD3<Float>(
                        Float(stream.nextNormal()), Float(stream.nextNormal()),
                        Float(stream.nextNormal())) * spread
                turned /= max(Self.length(turned), 0.1)
                let radius = tip.radius * (child == 0 ? 0.88 : 0.7)
                if radius > 0.6 { tips.append((end, turned, radius)) }
            }
        }
    }

    static func length(_ vector: SIMD3<Float>) -> Float {
        (vector * vector).sum().squareRoot()
    }
}
