import Tensors

/// Writes volumes as NIfTI-1, gzipped when the name ends in `.gz`.
package enum NIfTIWriter {
    /// How voxels are stored.
    package enum Sample: Hashable, Sendable {
        /// Rounded and clamped to 0...255.
        case uint8
        /// Rounded and clamped to the type's range.
        case int16
        /// As they are.
        case float32
    }

    /// Writes a volume in its own order (columns fastest) with the affine that says so.
    ///
    /// - Throws: ``ImageCodecError/unwritable(file:reason:)``.
    package static func write(
        _ volume: Volume, as sample: Sample, to path: String
    ) throws(ImageCodecError) {
        let size = volume.size
        precondition(
            max(size.depth, size.height, size.width) <= Int(Int16.max), "too large for NIfTI-1")
        var bytes = header(volume.geometry, sample)
        switch sample {
        case .uint8:
            bytes += volume.voxels.map { UInt8(min(max($0.rounded(), 0), 255)) }
        case .int16:
            bytes.reserveCapacity(bytes.count + volume.voxels.count * 2)
            for voxel in volume.voxels {
                append(Int16(min(max(voxel.rounded(), -32768), 32767)), to: &bytes)
            }
        case .float32:
            bytes.reserveCapacity(bytes.count + volume.voxels.count * 4)
            for voxel in volume.voxels { append(voxel.bitPattern, to: &bytes) }
        }
        try FileBytes.write(
            path.lowercased().hasSuffix(".gz") ? Gzip.compress(bytes) : bytes, to: path)
    }

    private static func header(_ geometry: VolumeGeometry, _ sample: Sample) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 352)
        func put(_ value: some FixedWidthInteger, at offset: Int) {
            var encoded: [UInt8] = []
            append(value, to: &encoded)
            bytes.replaceSubrange(offset..<(offset + encoded.count), with: encoded)
        }
        func put(_ value: Double, at offset: Int) {
            put(Float(value).bitPattern, at: offset)
        }
        let (code, bits): (Int16, Int16) =
            switch sample {
            case .uint8: (2, 8)
            case .int16: (4, 16)
            case .float32: (16, 32)
            }
        put(Int32(348), at: 0)
        let size = geometry.size
        for (index, extent) in [3, size.width, size.height, size.depth, 1, 1, 1, 1].enumerated() {
            put(Int16(extent), at: 40 + 2 * index)
        }
        put(code, at: 70)
        put(bits, at: 72)
        put(1.0, at: 76)
        for (index, spacing) in geometry.spacingInMillimetres.reversed().enumerated() {
            put(spacing, at: 80 + 4 * index)
        }
        put(352.0, at: 108)
        put(1.0, at: 112)
        bytes[123] = 2  // Millimetres.
        put(Int16(1), at: 254)  // The sform holds scanner coordinates.
        for (index, value) in geometry.affine.enumerated() { put(value, at: 280 + 4 * index) }
        bytes.replaceSubrange(344..<348, with: [0x6e, 0x2b, 0x31, 0])
        return bytes
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        var rest = value.littleEndian
        for _ in 0..<(value.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}
