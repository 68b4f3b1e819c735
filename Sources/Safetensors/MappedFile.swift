internal import Glibc

/// A whole file mapped read-only into memory, unmapped when the last owner lets go.
///
/// A file that is cut short while it is mapped kills the process (SIGBUS); so files are written
/// under a temporary name and renamed, never rewritten in place.
@safe final class MappedFile: Sendable {
    /// The mapping; never written to and valid until `deinit`, hence safe to share.
    private nonisolated(unsafe) let start: UnsafeRawPointer?
    /// The file's size when it was opened.
    let byteCount: Int

    init(path: String) throws(SafetensorsError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path: path, call: "open", code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .system(path: path, call: "fstat", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .malformed(path: path, reason: "it is not a regular file")
        }
        byteCount = Int(status.st_size)
        if byteCount == 0 {
            unsafe start = nil
        } else {
            let mapping = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
            guard unsafe mapping != MAP_FAILED else {
                throw .system(path: path, call: "mmap", code: errno)
            }
            unsafe start = UnsafeRawPointer(mapping)
        }
    }

    deinit {
        if let start = unsafe start {
            _ = unsafe munmap(UnsafeMutableRawPointer(mutating: start), byteCount)
        }
    }

    /// The file's bytes; valid only as long as this object.
    @unsafe var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: start, count: byteCount)
    }
}

/// The text of an error number.
func errorText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    let length = buffer.count
    return unsafe buffer.withUnsafeMutableBufferPointer { pointer in
        guard let base = pointer.baseAddress, unsafe strerror_r(code, base, length) == 0
        else {
            return "error \(code)"
        }
        return unsafe String(cString: base)
    }
}
