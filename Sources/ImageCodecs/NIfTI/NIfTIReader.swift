/// Reads NIfTI-1 and NIfTI-2 files, plain or gzipped, of either byte order.
///
/// Our own, because libnifti turns NaN into 0, believes bad headers and cannot say what is wrong.
///
/// - SeeAlso: nifti.nimh.nih.gov, *nifti1.h* and *nifti2.h*.
package enum NIfTIReader {
    /// Whether a file name ends like a NIfTI file's.
    package static func reads(_ path: String) -> Bool {
        path.lowercased().hasSuffix(".nii") || path.lowercased().hasSuffix(".nii.gz")
    }

    /// The one volume of a file.
    ///
    /// - Throws: ``ImageCodecError`` when the file is no NIfTI file or damaged, holds several
    ///   volumes, complex numbers or colours, or exceeds the limits.
    package static func read(
        _ path: String, limits: DecodingLimits = .init()
    ) throws(ImageCodecError) -> NIfTIImage {
        let file = try FileBytes.read(path, limit: limits.fileBytes)
        guard path.lowercased().hasSuffix(".gz") else {
            let header = try NIfTIHeader(
                Array(file.prefix(NIfTIHeader.longest)), path: path, limits: limits)
            let byteCount = header.voxelCount * header.dataType.byteCount
            guard file.count - header.voxelOffset >= byteCount else {
                throw .damaged(
                    file: path,
                    reason: "\(max(0, file.count - header.voxelOffset)) bytes of voxels, "
                        + "the header says \(byteCount)")
            }
            return image(header, file[header.voxelOffset..<(header.voxelOffset + byteCount)])
        }
        guard file.starts(with: [0x1f, 0x8b]) else {
            throw .wrongFormat(
                file: path, expected: "a gzip file", found: ImageCodecError.guess(file))
        }
        let content = try GzipReader(file, path: path)
        var head = try content.read(NIfTIHeader.shortest)
        if HeaderBytes(bytes: head, isBigEndian: false).int32(0) == 540
            || HeaderBytes(bytes: head, isBigEndian: true).int32(0) == 540
        {
            head += try content.read(NIfTIHeader.longest - head.count)
        }
        let header = try NIfTIHeader(head, path: path, limits: limits)
        _ = try content.read(header.voxelOffset - head.count)
        let voxels = try content.read(header.voxelCount * header.dataType.byteCount)
        try content.finish()
        return image(header, voxels[...])
    }

    private static func image(_ header: NIfTIHeader, _ bytes: ArraySlice<UInt8>) -> NIfTIImage {
        let raw: [Float]
        let scaling = (slope: header.slope, intercept: header.intercept)
        let isSwapped = header.isBigEndian
        switch header.dataType {
        case .uint8: raw = integers(bytes, UInt8.self, isSwapped, scaling)
        case .int8: raw = integers(bytes, Int8.self, isSwapped, scaling)
        case .int16: raw = integers(bytes, Int16.self, isSwapped, scaling)
        case .uint16: raw = integers(bytes, UInt16.self, isSwapped, scaling)
        case .int32: raw = integers(bytes, Int32.self, isSwapped, scaling)
        case .uint32: raw = integers(bytes, UInt32.self, isSwapped, scaling)
        case .int64: raw = integers(bytes, Int64.self, isSwapped, scaling)
        case .uint64: raw = integers(bytes, UInt64.self, isSwapped, scaling)
        case .float32:
            raw = patterns(bytes, UInt32.self, isSwapped, scaling) { Double(Float(bitPattern: $0)) }
        case .float64:
            raw = patterns(bytes, UInt64.self, isSwapped, scaling) { Double(bitPattern: $0) }
        }
        return NIfTIImage(
            dimensions: header.dimensions, voxels: raw, affine: header.affine,
            isOriented: header.isOriented,
            isInteger: header.dataType.isInteger && header.slope == header.slope.rounded()
                && header.intercept == header.intercept.rounded())
    }

    private static func integers<Value: FixedWidthInteger>(
        _ bytes: ArraySlice<UInt8>, _ type: Value.Type, _ isSwapped: Bool,
        _ scaling: (slope: Double, intercept: Double)
    ) -> [Float] {
        patterns(bytes, type, isSwapped, scaling) { Double($0) }
    }

    private static func patterns<Value: FixedWidthInteger>(
        _ bytes: ArraySlice<UInt8>, _ type: Value.Type, _ isSwapped: Bool,
        _ scaling: (slope: Double, intercept: Double), _ number: (Value) -> Double
    ) -> [Float] {
        let size = MemoryLayout<Value>.size
        let isScaled = scaling.slope != 1 || scaling.intercept != 0
        return unsafe bytes.withUnsafeBytes { source in
            unsafe [Float](unsafeUninitializedCapacity: source.count / size) { buffer, count in
                count = source.count / size
                for index in 0..<count {
                    let stored = unsafe source.loadUnaligned(
                        fromByteOffset: index * size, as: Value.self)
                    let value = number(isSwapped ? stored.byteSwapped : stored)
                    unsafe buffer[index] = Float(
                        isScaled ? value * scaling.slope + scaling.intercept : value)
                }
            }
        }
    }
}
