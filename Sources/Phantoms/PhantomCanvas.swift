import Tensors

/// The voxel grid of a synthetic scan, and how a patient is drawn on it.
struct PhantomCanvas {
    /// What drawing gives.
    struct Drawing {
        var intensities: [Float]
        var lesions: [Float]
        /// 1 in the lungs, with the vessels and lesions in them.
        var lungs: [Float]
    }

    let anatomy: PhantomAnatomy
    let size: VolumeSize
    /// Millimetres between rows and columns.
    let pixel: Float
    /// Millimetres between slices.
    let slice: Float
    let shift: SIMD2<Float>

    /// The millimetres of a voxel: left, back, up.
    private func point(_ z: Int, _ y: Int, _ x: Int) -> SIMD3<Float> {
        SIMD3(
            (Float(x) - Float(size.width - 1) / 2) * pixel + shift.x,
            (Float(y) - Float(size.height - 1) / 2) * pixel + shift.y, (Float(z) + 0.5) * slice)
    }

    /// A random point of the lungs.
    func randomLungPoint(
        _ stream: inout RandomStream
    ) -> (point: SIMD3<Float>, periphery: Float) {
        for _ in 0..<2000 {
            let point = SIMD3<Float>(
                Float(2 * stream.nextUnit() - 1) * anatomy.halfWidth,
                Float(2 * stream.nextUnit() - 1) * anatomy.halfDepth,
                Float(0.12 + 0.72 * stream.nextUnit()) * anatomy.height)
            if case .lung(let periphery) = anatomy.tissue(
                x: point.x, y: point.y, height: point.z / anatomy.height)
            {
                return (point, periphery)
            }
        }
        return (SIMD3(70, 0, anatomy.height / 2), 0.5)
    }

    /// Draws the patient without noise.
    func draw(
        lungHU: Float, vessels: PhantomVessels, lesions: PhantomLesions, texture: ValueNoise
    ) -> Drawing {
        var drawing = Drawing(
            intensities: [Float](repeating: -1000, count: size.count),
            lesions: [Float](repeating: 0, count: size.count),
            lungs: [Float](repeating: 0, count: size.count))
        let tubes = tubeWeights(vessels)
        var index = 0
        for z in 0..<size.depth {
            for y in 0..<size.height {
                for x in 0..<size.width {
                    let place = point(z, y, x)
                    let tissue = anatomy.tissue(
                        x: place.x, y: place.y, height: place.z / anatomy.height)
                    let grain = place / 9
                    switch tissue {
                    case .air: drawing.intensities[index] = -1000
                    case .airway: drawing.intensities[index] = -985
                    case .fat: drawing.intensities[index] = -100
                    case .muscle:
                        drawing.intensities[index] = 48 + 14 * texture(grain.z, grain.y, grain.x)
                    case .bone(let value), .softTissue(let value):
                        drawing.intensities[index] = value
                    case .lung:
                        drawing.lungs[index] = 1
                        // Denser towards the back, where the blood is.
                        var lung = lungHU + 28 * place.y / anatomy.halfDepth
                        lung += 20 * texture(grain.z, grain.y, grain.x)
                        let (value, isLesion) = lesions.intensity(
                            lung, at: place, airBronchogram: tubes[index] > 0.4 ? 0.45 : 0)
                        let tube = value > -250 ? 0 : tubes[index]
                        drawing.intensities[index] = value + (45 - value) * tube
                        if isLesion { drawing.lesions[index] = 1 }
                    }
                    index += 1
                }
            }
        }
        return drawing
    }

    /// How much of each voxel is vessel.
    private func tubeWeights(_ vessels: PhantomVessels) -> [Float] {
        var weights = [Float](repeating: 0, count: size.count)
        let origin = point(0, 0, 0)
        let step = SIMD3(pixel, pixel, slice)
        let last = SIMD3(Float(size.width - 1), Float(size.height - 1), Float(size.depth - 1))
        for piece in vessels.pieces {
            let margin = SIMD3<Float>(repeating: piece.radius) + step
            let low = pointwiseMin(piece.start, piece.end) - margin
            let high = pointwiseMax(piece.start, piece.end) + margin
            let first = ((low - origin) / step).rounded(.up).clamped(
                lowerBound: .zero, upperBound: last)
            let end = ((high - origin) / step).rounded(.down).clamped(
                lowerBound: SIMD3(repeating: -1), upperBound: last)
            guard all(first .<= end) else { continue }
            let axis = piece.end - piece.start
            let squared = (axis * axis).sum()
            for z in Int(first.z)...Int(end.z) {
                for y in Int(first.y)...Int(end.y) {
                    for x in Int(first.x)...Int(end.x) {
                        let offset = point(z, y, x) - piece.start
                        let along = min(max((offset * axis).sum() / squared, 0), 1)
                        let distance = PhantomVessels.length(offset - axis * along)
                        let weight = min(max((piece.radius - distance) / pixel + 0.5, 0), 1)
                        // A tube thinner than a voxel fills only part of it.
                        let share = min(1, 2 * piece.radius / pixel)
                        let index = (z * size.height + y) * size.width + x
                        weights[index] = max(weights[index], weight * share)
                    }
                }
            }
        }
        return weights
    }

    /// Blurs as a scanner's kernel does and adds its noise, correlated between neighbours.
    func addNoise(_ voxels: inout [Float], deviation: Float, _ stream: inout RandomStream) {
        let area = size.height * size.width
        for z in 0..<size.depth {
            var slice = Array(voxels[(z * area)..<((z + 1) * area)])
            slice = smoothed(slice)
            var noise = (0..<area).map { _ in Float(stream.nextNormal()) }
            noise = smoothed(noise)
            for index in 0..<area {
                // The 1-2-1 filter leaves 3/8 of the deviation.
                let value = slice[index] + deviation * noise[index] / 0.375
                voxels[z * area + index] = max(-1024, value.rounded())
            }
        }
    }

    private func smoothed(_ slice: [Float]) -> [Float] {
        var rows = slice
        for y in 0..<size.height {
            for x in 0..<size.width {
                let start = y * size.width
                let (left, right) = (max(x - 1, 0), min(x + 1, size.width - 1))
                rows[start + x] =
                    (slice[start + left] + 2 * slice[start + x] + slice[start + right]) / 4
            }
        }
        var result = rows
        for y in 0..<size.height {
            let (up, down) = (max(y - 1, 0) * size.width, min(y + 1, size.height - 1) * size.width)
            for x in 0..<size.width {
                result[y * size.width + x] =
                    (rows[up + x] + 2 * rows[y * size.width + x] + rows[down + x]) / 4
            }
        }
        return result
    }
}
