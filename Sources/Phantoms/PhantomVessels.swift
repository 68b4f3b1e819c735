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

    private mutating func grow(
        from start: SIMD3<Float>, _ direction: SIMD3<Float>, radius: Float,
        _ stream: inout RandomStream
    ) {
        guard radius > 0.6, pieces.count < 4000 else { return }
        let end = start + direction * (4.5 + 3.4 * radius * Float(0.6 + stream.nextUnit()))
        pieces.append(Piece(start: start, end: end, radius: radius))
        let count = stream.nextUnit() < 0.62 ? 2 : 1
        for child in 0..<count {
            let spread: Float = child == 0 ? 0.28 : 0.75
            var turned =
                direction
                + SIMD3<Float>(
                    Float(stream.nextNormal()), Float(stream.nextNormal()),
                    Float(stream.nextNormal())) * spread
            turned /= max(Self.length(turned), 0.1)
            let smaller: Float = child == 0 ? 0.88 : 0.7
            grow(from: end, turned, radius: radius * smaller, &stream)
        }
    }

    static func length(_ vector: SIMD3<Float>) -> Float {
        (vector * vector).sum().squareRoot()
    }
}
