internal import Foundation

/// Reading and writing of small JSON files that nobody else may read.
enum KeyStorage {
    static func read<Value: Decodable>(
        _ type: Value.Type, from path: String, isSecret: Bool
    ) throws(KeyError) -> Value {
        if isSecret {
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            if let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue,
                mode & 0o077 != 0
            {
                throw .exposed(path: path, mode: String(mode, radix: 8))
            }
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw .unreadable(path: path, reason: error.localizedDescription)
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw .damaged(path: path, reason: "\(error)")
        }
    }

    /// Writes a file; only the owner may read it.
    ///
    /// - Parameters:
    ///   - value: What goes into it.
    ///   - path: The file.
    ///   - isSecret: Whether it is written in place, readable by nobody else from its first byte on;
    ///     otherwise it appears whole or not at all.
    /// - Throws: ``KeyError/unwritable(path:reason:)``.
    static func write(
        _ value: some Encodable, to path: String, isSecret: Bool
    ) throws(KeyError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let url = URL(fileURLWithPath: path)
        do {
            let data = try encoder.encode(value)
            let files = FileManager.default
            if isSecret {
                try? files.removeItem(atPath: path)
                guard
                    files.createFile(
                        atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
                else { throw CocoaError(.fileWriteNoPermission) }
                let handle = try FileHandle(forWritingTo: url)
                try handle.write(contentsOf: data)
                try handle.synchronize()
                try handle.close()
            } else {
                try data.write(to: url, options: .atomic)
            }
            try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw .unwritable(path: path, reason: error.localizedDescription)
        }
    }

    /// What changes when a file is written anew; `nil` where there is none.
    static func stamp(of path: String) -> String? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            return nil
        }
        let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        let number = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
        let size = (attributes[.size] as? NSNumber)?.uint64Value ?? 0
        return "\(time)/\(number)/\(size)"
    }
}
