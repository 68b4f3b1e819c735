internal import CWireBytes

/// The memory that chunks and blocks come from.
package enum TransferMemory {
    /// Whether the C library keeps freed memory for the next transfer; the first look makes it so.
    ///
    /// For the whole process. It halves the processor time that transfers take.
    package static let isKept = voxelnas_keep_memory() == 1
}
