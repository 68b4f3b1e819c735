import Tensors

/// Opacities of the lungs: where they are and how dense.
struct PhantomLesions {
    /// A blob with a ragged border.
    private struct Blob {
        let center: SIMD3<Float>
        let radii: SIMD3<Float>
        let density: Float
        let raggedness: Float
    }

    private var blobs: [Blob] = []
    private let shape: ValueNoise
    private let texture: ValueNoise
    private let isDense: Bool

    /// Lesions of a finding.
    ///
    /// - Parameters:
    ///   - finding: What the scan shows.
    ///   - stream: The random numbers.
    ///   - lung: A point of the lungs, in millimetres, with how close to the pleura it is.
    init(
        _ finding: PhantomFinding, _ stream: inout RandomStream,
        lung: (inout RandomStream) -> (point: SIMD3<Float>, periphery: Float)
    ) {
        shape = ValueNoise(&stream)
        texture = ValueNoise(&stream)
        func draw(_ low: Float, _ high: Float) -> Float {
            low + (high - low) * Float(stream.nextUnit())
        }
        switch finding {
        case .normal:
            isDense = false
        case .groundGlass(let extent):
            isDense = false
            let count = 4 + Int(extent * 34 * (0.7 + 0.6 * stream.nextUnit()))
            for _ in 0..<count {
                var place = lung(&stream)
                // Most patches touch the pleura, more of them behind.
                for _ in 0..<12 where place.periphery < 0.72 || place.point.y < 0 {
                    let other = lung(&stream)
                    if other.periphery + other.point.y / 300 > place.periphery + place.point.y / 300
                    {
                        place = other
                    }
                }
                let size = draw(12, 26) * (1 + Float(extent) * 0.7)
                blobs.append(
                    Blob(
                        center: place.point,
                        radii: SIMD3(
                            size * draw(0.8, 1.3), size * draw(0.7, 1.2), size * draw(0.8, 1.5)),
                        density: draw(-680, -380), raggedness: draw(0.35, 0.6)))
            }
        case .patch:
            isDense = false
            let place = lung(&stream)
            let size = draw(30, 42)
            blobs.append(
                Blob(
                    center: place.point,
                    radii: SIMD3(
                        size * draw(0.8, 1.2), size * draw(0.8, 1.2), size * draw(0.8, 1.2)),
                    density: draw(-560, -360), raggedness: draw(0.25, 0.45)))
        case .consolidation:
            isDense = true
            for index in 0..<(stream.nextUnit() < 0.35 ? 2 : 1) {
                let place = lung(&stream)
                let size = draw(44, 66) * (index == 0 ? 1 : 0.6)
                blobs.append(
                    Blob(
                        center: place.point,
                        radii: SIMD3(
                            size * draw(0.8, 1.2), size * draw(0.8, 1.2), size * draw(0.8, 1.3)),
                        density: draw(-40, 45), raggedness: draw(0.2, 0.35)))
            }
        }
    }

    /// The intensity of lung tissue at a point, with the lesions; and whether there is one.
    func intensity(
        _ lung: Float, at point: SIMD3<Float>, airBronchogram: Float
    ) -> (value: Float, isLesion: Bool) {
        var value = lung
        var isLesion = false
        for blob in blobs {
            let offset = (point - blob.center) / blob.radii
            var distance = PhantomVessels.length(offset)
            guard distance < 1.7 else { continue }
            let grain = isDense ? point / 16 : point / 11
            distance += blob.raggedness * shape(grain.z, grain.y, grain.x)
            // A soft border of a fifth of the radius; the rim of a consolidation is ground glass.
            let weight = min(max((1.06 - distance) / 0.2, 0), 1)
            guard weight > 0 else { continue }
            let fine = point / 4.2
            var density = blob.density + 75 * texture(fine.z, fine.y, fine.x)
            if isDense {
                density = blob.density + 14 * texture(fine.z, fine.y, fine.x)
                if distance > 0.88 { density -= 480 * (distance - 0.88) / 0.18 }
                density -= 620 * airBronchogram
            } else {
                // Thickened septa.
                let septa = point / 7
                let line = abs(shape(septa.z + 3, septa.y + 7, septa.x + 5))
                if line < 0.09 { density += 110 }
            }
            value = max(value, value + (density - value) * weight)
            if weight > 0.5 { isLesion = true }
        }
        return (value, isLesion)
    }
}
