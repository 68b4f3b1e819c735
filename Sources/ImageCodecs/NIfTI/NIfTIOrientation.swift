/// From voxel indices to millimetres, by the standard's rules: sform, else qform, else neither.
struct NIfTIOrientation {
    /// Three rows of four, to millimetres right, anterior, superior.
    let affine: [Double]
    /// False when the header has neither form; then x is taken to run to the left, as nibabel does.
    let isKnown: Bool

    init(_ fields: HeaderBytes, isSecond: Bool, path: String) throws(ImageCodecError) {
        let unit: Double
        switch (isSecond ? fields.int32(500) : Int(fields.bytes[123])) & 7 {
        case 1: unit = 1000
        case 3: unit = 0.001
        default: unit = 1
        }
        func number(_ first: Int, _ second: Int) -> Double {
            isSecond ? fields.float64(second) : fields.float32(first)
        }
        let qform = isSecond ? fields.int32(344) : fields.int16(252)
        let sform = isSecond ? fields.int32(348) : fields.int16(254)
        let spacing = (1...3).map { number(76 + 4 * $0, 104 + 8 * $0) }
        var matrix: [Double]
        if sform > 0 {
            matrix = (0..<12).map { number(280 + 4 * $0, 400 + 8 * $0) }
        } else {
            guard spacing.allSatisfy({ $0.isFinite && $0 != 0 }) else {
                throw .damaged(file: path, reason: "voxel spacing \(spacing)")
            }
            let sizes = spacing.map(abs)
            if qform > 0 {
                let quaternion = (0..<3).map { number(256 + 4 * $0, 352 + 8 * $0) }
                let offset = (0..<3).map { number(268 + 4 * $0, 376 + 8 * $0) }
                let handedness = number(76, 104) < 0 ? -1.0 : 1.0
                matrix = Self.matrix(
                    quaternion: quaternion, offset: offset, spacing: sizes, handedness: handedness)
            } else {
                matrix = [-sizes[0], 0, 0, 0, 0, sizes[1], 0, 0, 0, 0, sizes[2], 0]
            }
        }
        matrix = matrix.map { $0 * unit }
        guard matrix.allSatisfy(\.isFinite), abs(Self.determinant(matrix)) > 1e-12 else {
            throw .damaged(file: path, reason: "an orientation matrix that cannot be inverted")
        }
        affine = matrix
        isKnown = sform > 0 || qform > 0
    }

    /// The rotation of a unit quaternion, scaled by the spacing.
    private static func matrix(
        quaternion: [Double], offset: [Double], spacing: [Double], handedness: Double
    ) -> [Double] {
        let (b, c, d) = (quaternion[0], quaternion[1], quaternion[2])
        let a = max(0, 1 - (b * b + c * c + d * d)).squareRoot()
        let (dx, dy, dz) = (spacing[0], spacing[1], spacing[2] * handedness)
        return [
            (a * a + b * b - c * c - d * d) * dx, 2 * (b * c - a * d) * dy,
            2 * (b * d + a * c) * dz,
            offset[0],
            2 * (b * c + a * d) * dx, (a * a + c * c - b * b - d * d) * dy,
            2 * (c * d - a * b) * dz,
            offset[1],
            2 * (b * d - a * c) * dx, 2 * (c * d + a * b) * dy,
            (a * a + d * d - c * c - b * b) * dz,
            offset[2],
        ]
    }

    private static func determinant(_ m: [Double]) -> Double {
        m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8])
            + m[2] * (m[4] * m[9] - m[5] * m[8])
    }
}
