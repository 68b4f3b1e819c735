import Glibc

/// Holds a run for one process; the kernel lets go when the process ends, however it ends.
package final class RunLock: Sendable {
    private let descriptor: Int32

    init(path: String, run: String) throws(RunError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .unwritable(path: path, reason: String(errorNumber: errno))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .locked(path: run)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

extension String {
    /// The C library's text for an error number.
    fileprivate init(errorNumber: Int32) {
        self = unsafe String(cString: strerror(errorNumber))
    }
}
