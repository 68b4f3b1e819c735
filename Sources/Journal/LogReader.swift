internal import Glibc

/// Reads the records of a log, one at a time, up to its end or to the first that is torn.
package struct LogReader: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private let fileLength: Int
    /// Bytes of the records that were read.
    package private(set) var validLength = 0

    /// Opens a log.
    ///
    /// - Throws: ``JournalError``.
    package init(path: String) throws(JournalError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw JournalError(path: path, call: "open", code: errno) }
        self.path = path
        self.descriptor = descriptor
        fileLength = Int(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    /// Bytes behind the records that were read: a torn tail once ``next()`` gave `nil`.
    package var restLength: Int { fileLength - validLength }

    /// The next record, or `nil` at the end and where the rest is torn or damaged.
    ///
    /// - Throws: ``JournalError``.
    package mutating func next() throws(JournalError) -> LogFrame? {
        guard restLength >= LogFrame.headBytes else { return nil }
        guard let sizes = LogFrame.sizes(of: try read(LogFrame.headBytes, at: validLength)) else {
            return nil
        }
        let bodyLength = sizes.text + sizes.floats
        guard sizes.text >= 0, sizes.floats >= 0, bodyLength <= restLength - LogFrame.headBytes
        else { return nil }
        let body = try read(bodyLength, at: validLength + LogFrame.headBytes)
        guard
            let frame = LogFrame(body: body, textBytes: sizes.text, checksum: sizes.checksum)
        else { return nil }
        validLength += LogFrame.headBytes + bodyLength
        return frame
    }

    private func read(_ count: Int, at offset: Int) throws(JournalError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            while written < count, let start = buffer.baseAddress {
                let found = unsafe pread(
                    descriptor, start + written, count - written, off_t(offset + written))
                if found < 0, errno == EINTR { continue }
                guard found > 0 else {
                    code = found == 0 ? EIO : errno
                    return
                }
                written += found
            }
        }
        guard bytes.count == count else { throw JournalError(path: path, call: "read", code: code) }
        return bytes
    }
}
