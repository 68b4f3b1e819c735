internal import CProcess

/// What this process takes of the machine's memory.
package enum ProcessMemory {
    /// Bytes that are in memory now; `nil` where the system does not tell.
    package static var residentBytes: Int? {
        let bytes = voxelnas_resident_bytes()
        return bytes < 0 ? nil : Int(bytes)
    }
}
