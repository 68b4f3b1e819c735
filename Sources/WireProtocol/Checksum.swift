internal import CWireBytes

/// CRC-32C (Castagnoli), as in iSCSI and ext4.
package enum Checksum {
    /// The checksum, by the processor's instruction where it has one.
    package static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        unsafe voxelnas_crc32c(0, bytes, bytes.count)
    }

    /// The checksum by tables, for comparison.
    package static func portableCRC32C(_ bytes: [UInt8]) -> UInt32 {
        unsafe voxelnas_crc32c_portable(0, bytes, bytes.count)
    }
}
