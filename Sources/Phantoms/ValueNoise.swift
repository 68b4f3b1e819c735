import Tensors

/// Smooth random texture: random values on a lattice, blended in between.
struct ValueNoise {
    private static let period = 16
    private let lattice: [Float]

    init(_ stream: inout RandomStream) {
        let count = Self.period * Self.period * Self.period
        lattice = (0..<count).map { _ in Float(2 * stream.nextUnit() - 1) }
    }

    /// The texture, in -1...1, at a point in lattice units.
    func callAsFunction(_ z: Float, _ y: Float, _ x: Float) -> Float {
        let (iz, fz) = Self.split(z)
        let (iy, fy) = Self.split(y)
        let (ix, fx) = Self.split(x)
        func plane(_ z: Int) -> Float {
            func row(_ y: Int) -> Float {
                let start = ((z & 15) * 16 + (y & 15)) * 16
                let first = lattice[start + (ix & 15)]
                return first + (lattice[start + ((ix + 1) & 15)] - first) * fx
            }
            let first = row(iy)
            return first + (row(iy + 1) - first) * fy
        }
        let first = plane(iz)
        return first + (plane(iz + 1) - first) * fz
    }

    private static func split(_ value: Float) -> (Int, Float) {
        let floor = value.rounded(.down)
        let fraction = value - floor
        return (Int(floor), fraction * fraction * (3 - 2 * fraction))
    }
}
