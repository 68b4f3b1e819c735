import Glibc

/// Whole files as bytes: read within a limit, written under a temporary name and renamed.
package enum FileBytes {
    /// The content of a file.
    ///
    /// - Throws: ``ImageCodecError/unreadable(file:reason:)`` or, above the limit,
    ///   ``ImageCodecError/tooLarge(file:found:limit:)``.
    package static func read(_ path: String, limit: Int) throws(ImageCodecError) -> [UInt8] {
        // Opening a pipe would wait for somebody to write into it.
        _ = try size(of: path)
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file: path, reason: lastError()) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .unreadable(file: path, reason: lastError())
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(file: path, reason: "not a regular file")
        }
        let size = Int(status.st_size)
        guard size <= limit else {
            throw .tooLarge(file: path, found: "\(size) bytes", limit: "\(limit) bytes")
        }
        var failure: String?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let start = buffer.baseAddress {
                let got = unsafe Glibc.read(descriptor, start + count, size - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = lastError() }
                if got <= 0 { break }
                count += got
            }
        }
        if let failure { throw .unreadable(file: path, reason: failure) }
        return bytes
    }

    /// Reads a file of any size in pieces of 1 MiB.
    ///
    /// - Throws: ``ImageCodecError/unreadable(file:reason:)``.
    package static func readPieces(
        of path: String, _ take: ([UInt8]) -> Void
    ) throws(ImageCodecError) {
        _ = try size(of: path)
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file: path, reason: lastError()) }
        defer { close(descriptor) }
        while true {
            var failure: String?
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, filled in
                var got = -1
                repeat {
                    got = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                } while got < 0 && errno == EINTR
                if got < 0 { failure = lastError() }
                filled = max(got, 0)
            }
            if let failure { throw .unreadable(file: path, reason: failure) }
            if piece.isEmpty { return }
            take(piece)
        }
    }

    /// The first bytes of a file, fewer when it is shorter.
    ///
    /// - Throws: ``ImageCodecError/unreadable(file:reason:)``, also for what is no regular file.
    package static func head(of path: String, count: Int) throws(ImageCodecError) -> [UInt8] {
        _ = try size(of: path)
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file: path, reason: lastError()) }
        defer { close(descriptor) }
        var failure: String?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = unsafe pread(descriptor, buffer.baseAddress, count, 0)
            if got < 0 { failure = lastError() }
            filled = max(got, 0)
        }
        if let failure { throw .unreadable(file: path, reason: failure) }
        return bytes
    }

    /// The size of a file in bytes.
    ///
    /// - Throws: ``ImageCodecError/unreadable(file:reason:)``, also for what is no regular file.
    package static func size(of path: String) throws(ImageCodecError) -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw .unreadable(file: path, reason: lastError())
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(file: path, reason: "not a regular file")
        }
        return Int(status.st_size)
    }

    /// Writes a file so that it is either the old one or the whole new one.
    ///
    /// - Throws: ``ImageCodecError/unwritable(file:reason:)``.
    package static func write(_ bytes: [UInt8], to path: String) throws(ImageCodecError) {
        let temporary = temporaryName(for: path)
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unwritable(file: path, reason: lastError()) }
        var failure: String?
        unsafe bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, let start = buffer.baseAddress {
                let count = unsafe Glibc.write(
                    descriptor, start + written, buffer.count - written)
                if count < 0 && errno == EINTR { continue }
                if count < 0 {
                    failure = lastError()
                    return
                }
                written += count
            }
        }
        if close(descriptor) != 0, failure == nil { failure = lastError() }
        if let failure {
            _ = unsafe unlink(temporary)
            throw .unwritable(file: path, reason: failure)
        }
        try moveIntoPlace(temporary, path)
    }

    /// A name beside the file that no other process or thread uses.
    package static func temporaryName(for path: String) -> String {
        "\(path).\(getpid())-\(UInt64.random(in: 0 ... .max)).tmp"
    }

    /// Renames a finished temporary file over the final name.
    ///
    /// - Throws: ``ImageCodecError/unwritable(file:reason:)``; the temporary file is then removed.
    package static func moveIntoPlace(
        _ temporary: String, _ path: String
    ) throws(ImageCodecError) {
        guard unsafe rename(temporary, path) == 0 else {
            let reason = lastError()
            _ = unsafe unlink(temporary)
            throw .unwritable(file: path, reason: reason)
        }
    }

    static func lastError() -> String {
        unsafe String(cString: strerror(errno))
    }
}
