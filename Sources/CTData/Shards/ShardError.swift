/// Why scans could not be packed or packed scans could not be used, and what to do about it.
package enum ShardError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Settings of the input make no sense.
    case badSettings(String)
    /// A scan cannot be read.
    case damagedScan(scan: String, origin: String, reason: String)
    /// The same scan twice.
    case duplicateScan(scan: String, first: String, second: String)
    /// A file of the shard set cannot be read or written.
    case file(path: String, reason: String)
    /// A shard set that was packed with other settings.
    case otherSettings(folder: String)
    /// A file of the shard set is not what was written.
    case wrongChecksum(path: String)
    /// Scans that a shard set does not hold.
    case unknownScan(scan: String, folder: String)

    package var description: String {
        switch self {
        case .badSettings(let reason): reason
        case .damagedScan(let scan, let origin, let reason):
            "scan '\(scan)' (\(origin)): \(reason)"
        case .duplicateScan(let scan, let first, let second):
            "scan '\(scan)' is listed at \(first) and at \(second)"
        case .file(let path, let reason): "\(path): \(reason)"
        case .otherSettings(let folder):
            "\(folder): packed with other input settings; pack again or name another folder"
        case .wrongChecksum(let path):
            "\(path): the checksum is not the one that was written; remove the file and pack again"
        case .unknownScan(let scan, let folder):
            "\(folder): holds no scan '\(scan)'; pack again with the manifest of this run"
        }
    }
}
