internal import Glibc

/// A file that grows at its end, and whose end can be taken back.
///
/// An append that fails leaves the file as long as it was. After a failed ``sync()`` the kernel may
/// have dropped what it could not write, so the caller truncates to what was last synced and appends
/// again.
///
/// - SeeAlso: Rebello et al., *Can applications recover from fsync failures?*, USENIX ATC 2020.
package final class AppendingFile {
    /// Makes a system call fail, in tests: gets its name, gives an error number.
    package typealias Obstruction = @Sendable (_ call: String) -> Int32?

    /// The file.
    package let path: String
    /// Bytes in the file.
    package private(set) var length: Int
    private let descriptor: Int32
    private let obstruction: Obstruction

    /// Opens or creates a file and cuts it to a length.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - length: Bytes to keep; everything when `nil`.
    ///   - obstruction: Makes calls fail in tests.
    /// - Throws: ``JournalError``.
    package init(
        path: String, keeping length: Int? = nil, obstruction: @escaping Obstruction = { _ in nil }
    ) throws(JournalError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw JournalError(path: path, call: "open", code: errno) }
        let end = Int(lseek(descriptor, 0, SEEK_END))
        let kept = min(length ?? end, end)
        if kept < end, ftruncate(descriptor, off_t(kept)) != 0 {
            let code = errno
            close(descriptor)
            throw JournalError(path: path, call: "ftruncate", code: code)
        }
        self.path = path
        self.length = kept
        self.descriptor = descriptor
        self.obstruction = obstruction
    }

    deinit { close(descriptor) }

    /// Appends bytes.
    ///
    /// - Throws: ``JournalError``; the file is then as long as before.
    package func append(_ bytes: some Collection<UInt8>) throws(JournalError) {
        try append(Array(bytes))
    }

    /// Appends bytes.
    ///
    /// - Throws: ``JournalError``; the file is then as long as before.
    package func append(_ bytes: [UInt8]) throws(JournalError) {
        var done = 0
        while done < bytes.count {
            var code = obstruction("write")
            if code == nil {
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    guard let start = buffer.baseAddress else { return 0 }
                    return unsafe pwrite(
                        descriptor, start + done, buffer.count - done, off_t(length + done))
                }
                if count > 0 {
                    done += count
                    continue
                }
                code = count == 0 ? EIO : errno
                if code == EINTR { continue }
            }
            ftruncate(descriptor, off_t(length))
            throw JournalError(path: path, call: "write", code: code ?? EIO)
        }
        length += done
    }

    /// Waits until everything is on the disk.
    ///
    /// - Throws: ``JournalError``.
    package func sync() throws(JournalError) {
        if let code = obstruction("fdatasync") {
            throw JournalError(path: path, call: "fdatasync", code: code)
        }
        guard fdatasync(descriptor) == 0 else {
            throw JournalError(path: path, call: "fdatasync", code: errno)
        }
    }

    /// Takes back what stands behind a length.
    package func truncate(to length: Int) {
        ftruncate(descriptor, off_t(length))
        self.length = length
    }
}
