internal import Glibc

/// A file operation that failed; names the file.
package struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// The system call.
    package let call: String
    /// The system's error number.
    package let code: Int32

    /// A failure of a system call.
    package init(path: String, call: String, code: Int32) {
        self.path = path
        self.call = call
        self.code = code
    }

    /// Whether it may pass by itself, or when somebody makes room: a full or failing disk.
    package var mayPass: Bool { [ENOSPC, EDQUOT, EIO, EINTR, EAGAIN].contains(code) }

    package var description: String {
        "\(path): \(call) failed: \(unsafe String(cString: strerror(code)))"
    }
}
