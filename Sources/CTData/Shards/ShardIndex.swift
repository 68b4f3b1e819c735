internal import Digests
internal import FoundationEssentials
import ImageCodecs

/// The JSON beside the shards: what they hold and what their bytes should be.
struct ShardIndex: Codable, Hashable, Sendable {
    /// One shard file.
    struct Shard: Codable, Hashable, Sendable {
        let file: String
        let sha256: String
    }

    let settings: PackingSettings
    let shards: [Shard]
    let scans: [VolumeDescription]

    static let fileName = "index.json"

    /// SHA-256 over everything above: two sets of one fingerprint are the same data.
    func fingerprint() throws(ShardError) -> String {
        SHA256.hex(try JSON.encode(self))
    }
}

/// What a finished shard was made from, beside it on disk; lets an interrupted packing go on.
struct ShardRecord: Codable, Hashable, Sendable {
    /// SHA-256 over settings, names and sizes of the source files.
    let key: String
    let sha256: String
    let scans: [MeasuredScan]
}

/// JSON with sorted keys, so that equal values are equal bytes.
enum JSON {
    static func encode(_ value: some Encodable) throws(ShardError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw .badSettings("cannot be written as JSON: \(error)")
        }
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from path: String) throws(ShardError)
        -> Value
    {
        do {
            let bytes = try FileBytes.read(path, limit: 1 << 30)
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .file(path: path, reason: "\(error)")
        }
    }

    static func write(_ value: some Encodable, to path: String) throws(ShardError) {
        let bytes = try encode(value)
        do {
            try FileBytes.write(bytes, to: path)
        } catch {
            throw .file(path: path, reason: "\(error)")
        }
    }
}

extension SHA256 {
    /// The digest of a file in hexadecimal.
    static func hex(file path: String) throws(ShardError) -> String {
        do {
            var hash = SHA256()
            try FileBytes.readPieces(of: path) { hash.update($0) }
            return hexadecimal(hash.finalize())
        } catch {
            throw .file(path: path, reason: "\(error)")
        }
    }
}
