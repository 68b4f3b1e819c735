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
            let end = header.voxelOffset + byteCount
            return unsafe image(header) { voxels in
                unsafe file.withUnsafeBytes { bytes in
                    let stored = unsafe UnsafeRawBufferPointer(
                        rebasing: bytes[header.voxelOffset..<end])
                    unsafe NIfTIVoxels.convert(stored, header, into: voxels)
                }
            }
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
        unsafe try content.inflate(header.voxelOffset - head.count, limits: limits) { _, _ in }
        let size = header.dataType.byteCount
        var failure: ImageCodecError?
        let image = unsafe image(header) { voxels in
            do throws(ImageCodecError) {
                unsafe try content.inflate(header.voxelCount * size, limits: limits) {
                    piece, start in
                    let target = unsafe UnsafeMutableBufferPointer(
                        rebasing: voxels[(start / size)...])
                    unsafe NIfTIVoxels.convert(piece, header, into: target)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try content.finish()
        return image
    }

    private static func image(
        _ header: NIfTIHeader, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void
    ) -> NIfTIImage {
        let voxels = unsafe [Float](unsafeUninitializedCapacity: header.voxelCount) {
            buffer, count in
            unsafe fill(UnsafeMutableBufferPointer(rebasing: buffer[..<header.voxelCount]))
            count = header.voxelCount
        }
        return NIfTIImage(
            dimensions: header.dimensions, voxels: voxels, affine: header.affine,
            isOriented: header.isOriented,
            isInteger: header.dataType.isInteger && header.slope == header.slope.rounded()
                && header.intercept == header.intercept.rounded(),
            sample: header.slope == 1 && header.intercept == 0
                ? header.dataType.sample : .float32)
    }
}
