internal import Glibc

/// Names in folders, made durable.
package enum Folders {
    /// Waits until a folder's names are on the disk.
    ///
    /// - Throws: ``JournalError``.
    package static func sync(_ path: String) throws(JournalError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw JournalError(path: path, call: "open", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw JournalError(path: path, call: "fsync", code: errno)
        }
    }

    /// Gives a file or folder another name, which must not be that of a folder with contents.
    ///
    /// - Throws: ``JournalError``.
    package static func rename(_ path: String, to target: String) throws(JournalError) {
        guard unsafe Glibc.rename(path, target) == 0 else {
            throw JournalError(path: target, call: "rename", code: errno)
        }
    }

    /// Makes a symbolic link, in place of what had its name.
    ///
    /// - Throws: ``JournalError``.
    package static func link(_ path: String, to target: String) throws(JournalError) {
        let temporary = "\(path).\(getpid()).temporary"
        _ = unsafe unlink(temporary)
        guard unsafe symlink(target, temporary) == 0 else {
            throw JournalError(path: path, call: "symlink", code: errno)
        }
        try rename(temporary, to: path)
    }
}
