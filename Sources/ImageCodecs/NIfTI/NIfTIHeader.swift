/// What the header of a NIfTI-1 or NIfTI-2 file says, checked.
struct NIfTIHeader {
    /// The types of voxel that are read.
    enum DataType: Int {
        case uint8 = 2
        case int16 = 4
        case int32 = 8
        case float32 = 16
        case float64 = 64
        case int8 = 256
        case uint16 = 512
        case uint32 = 768
        case int64 = 1024
        case uint64 = 1280

        var byteCount: Int {
            switch self {
            case .uint8, .int8: 1
            case .int16, .uint16: 2
            case .int32, .uint32, .float32: 4
            case .int64, .uint64, .float64: 8
            }
        }

        /// The type where it is exact in float32.
        var sample: Picture.Sample {
            switch self {
            case .uint8: .uint8
            case .int8: .int8
            case .int16: .int16
            case .uint16: .uint16
            default: .float32
            }
        }

        var isInteger: Bool { self != .float32 && self != .float64 }
    }

    /// The bytes of the longest header, NIfTI-2 with its extension flag.
    static let longest = 544
    /// The bytes of the shortest.
    static let shortest = 352

    let isBigEndian: Bool
    let dimensions: [Int]
    let dataType: DataType
    let voxelOffset: Int
    let slope: Double
    let intercept: Double
    let affine: [Double]
    let isOriented: Bool

    var voxelCount: Int { dimensions.reduce(1, *) }

    /// Reads a header from the first 544 bytes of a file, or fewer when it is shorter.
    init(_ bytes: [UInt8], path: String, limits: DecodingLimits) throws(ImageCodecError) {
        guard bytes.count >= Self.shortest else {
            throw .damaged(
                file: path, reason: "\(bytes.count) bytes are too few for a NIfTI header")
        }
        let little = HeaderBytes(bytes: bytes, isBigEndian: false)
        let big = HeaderBytes(bytes: bytes, isBigEndian: true)
        let fields: HeaderBytes
        let isSecond: Bool
        switch (little.int32(0), big.int32(0)) {
        case (348, _): (fields, isSecond) = (little, false)
        case (_, 348): (fields, isSecond) = (big, false)
        case (540, _): (fields, isSecond) = (little, true)
        case (_, 540): (fields, isSecond) = (big, true)
        default:
            throw .wrongFormat(
                file: path, expected: "a NIfTI file", found: ImageCodecError.guess(bytes))
        }
        guard !isSecond || bytes.count >= 540 else {
            throw .damaged(file: path, reason: "too short for a NIfTI-2 header")
        }
        isBigEndian = fields.isBigEndian
        try Self.checkMagic(bytes, isSecond: isSecond, path: path)
        dimensions = try Self.dimensions(
            (0..<8).map { isSecond ? fields.int64(16 + 8 * $0) : fields.int16(40 + 2 * $0) },
            path: path, limits: limits)

        let code = fields.int16(isSecond ? 12 : 70)
        guard let dataType = DataType(rawValue: code) else {
            throw .unsupported(
                file: path, found: "data type \(code)",
                advice: "convert it to integers or real floats of at most 64 bits")
        }
        let bits = fields.int16(isSecond ? 14 : 72)
        guard bits == dataType.byteCount * 8 else {
            throw .damaged(
                file: path,
                reason: "bitpix is \(bits), data type \(code) has \(dataType.byteCount * 8)")
        }
        self.dataType = dataType

        let offset = isSecond ? Double(fields.int64(168)) : fields.float32(108)
        let least = isSecond ? 544 : 352
        guard offset == 0 || (offset >= Double(least) && offset < 1e9 && offset == offset.rounded())
        else {
            throw .damaged(file: path, reason: "voxels are said to start at byte \(offset)")
        }
        voxelOffset = offset == 0 ? least : Int(offset)

        let rawSlope = isSecond ? fields.float64(176) : fields.float32(112)
        let rawIntercept = isSecond ? fields.float64(184) : fields.float32(116)
        // The standard: a slope of 0 means that voxels are not scaled.
        if rawSlope == 0 || !rawSlope.isFinite {
            (slope, intercept) = (1, 0)
        } else {
            guard rawIntercept.isFinite else {
                throw .damaged(file: path, reason: "scl_inter is \(rawIntercept)")
            }
            (slope, intercept) = (rawSlope, rawIntercept)
        }
        let orientation = try NIfTIOrientation(fields, isSecond: isSecond, path: path)
        affine = orientation.affine
        isOriented = orientation.isKnown
    }

    private static func checkMagic(
        _ bytes: [UInt8], isSecond: Bool, path: String
    ) throws(ImageCodecError) {
        let magic = isSecond ? Array(bytes[4..<12]) : Array(bytes[344..<348])
        let single: [UInt8] =
            isSecond ? [0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a] : [0x6e, 0x2b, 0x31, 0]
        if magic == single { return }
        if magic.starts(with: [0x6e, 0x69]) {
            throw .unsupported(
                file: path, found: "a header with separate voxels (.hdr and .img)",
                advice: "convert the pair to one .nii file")
        }
        throw .wrongFormat(
            file: path, expected: "a NIfTI file", found: "a header without the NIfTI magic")
    }

    private static func dimensions(
        _ dim: [Int], path: String, limits: DecodingLimits
    ) throws(ImageCodecError) -> [Int] {
        guard (2...7).contains(dim[0]) else {
            throw .damaged(file: path, reason: "\(dim[0]) dimensions")
        }
        let used = Array(dim[1...dim[0]])
        guard used.allSatisfy({ $0 >= 1 }) else {
            throw .damaged(file: path, reason: "dimensions \(used)")
        }
        guard used.dropFirst(3).allSatisfy({ $0 == 1 }) else {
            throw .unsupported(
                file: path, found: "a file of several volumes, dimensions \(used)",
                advice: "save one volume per file")
        }
        var extents = Array(used.prefix(3))
        if extents.count == 2 { extents.append(1) }
        var count = 1
        for extent in extents {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= limits.voxels else {
                throw .tooLarge(
                    file: path, found: "dimensions \(extents)", limit: "\(limits.voxels) voxels")
            }
            count = product
        }
        return extents
    }
}

/// Numbers of a header at byte offsets, in its byte order.
struct HeaderBytes {
    let bytes: [UInt8]
    let isBigEndian: Bool

    private func unsigned(_ offset: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count {
            let byte = bytes[offset + (isBigEndian ? index : count - 1 - index)]
            value = value << 8 | UInt64(byte)
        }
        return value
    }

    func int16(_ offset: Int) -> Int {
        Int(Int16(truncatingIfNeeded: unsigned(offset, 2)))
    }

    func int32(_ offset: Int) -> Int {
        Int(Int32(truncatingIfNeeded: unsigned(offset, 4)))
    }

    func int64(_ offset: Int) -> Int {
        Int(truncatingIfNeeded: unsigned(offset, 8))
    }

    func float32(_ offset: Int) -> Double {
        Double(Float(bitPattern: UInt32(truncatingIfNeeded: unsigned(offset, 4))))
    }

    func float64(_ offset: Int) -> Double {
        Double(bitPattern: unsigned(offset, 8))
    }
}
