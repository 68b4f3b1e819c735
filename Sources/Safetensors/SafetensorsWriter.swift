internal import Glibc

/// Writes a safetensors file tensor by tensor; it appears under its name complete or not at all.
///
/// Names, types and shapes are declared first, so the header is known; then bytes may come in any
/// order and in pieces. ``finish()`` checks that all came, syncs the file, renames it into place
/// and syncs the folder. A writer that is dropped earlier removes its temporary file.
@safe package struct SafetensorsWriter: ~Copyable {
    /// One tensor to be written.
    package struct Declaration: Hashable, Sendable {
        /// The tensor's name.
        package let name: String
        /// The type of the elements.
        package let type: ElementType
        /// The extents; the last axis varies fastest.
        package let shape: [Int]

        /// The declaration of a tensor.
        package init(name: String, type: ElementType = .float32, shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }

        var byteCount: Int { shape.reduce(type.byteCount, *) }
    }

    private struct Progress {
        let offset: Int
        let byteCount: Int
        var written = 0
    }

    private let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var progress: [String: Progress] = [:]

    /// Creates the temporary file and writes the header.
    ///
    /// - Parameters:
    ///   - path: Where the finished file shall be; replaced if it exists.
    ///   - tensors: What will be written; wider element types are placed first, so that each tensor
    ///     is aligned to its elements.
    ///   - metadata: Remarks.
    /// - Throws: ``SafetensorsError`` for a repeated name or a failing system call.
    package init(
        path: String, tensors: [Declaration], metadata: [String: String] = [:]
    ) throws(SafetensorsError) {
        let layout = try Self.layout(path: path, tensors: tensors, metadata: metadata)
        let temporaryPath = "\(path).\(getpid()).temporary"
        // All that can fail comes first: a non-copyable value is initialised at once or not at all.
        let descriptor = try Self.create(
            temporaryPath, header: layout.header, byteCount: layout.fileByteCount)
        self.path = path
        self.temporaryPath = temporaryPath
        self.descriptor = descriptor
        self.progress = layout.progress
    }

    private static func create(
        _ path: String, header: [UInt8], byteCount: Int
    ) throws(SafetensorsError) -> Int32 {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(path: path, call: "open", code: errno) }
        do throws(SafetensorsError) {
            unsafe try header.withUnsafeBufferPointer { bytes throws(SafetensorsError) in
                unsafe try write(UnsafeRawBufferPointer(bytes), at: 0, to: descriptor, path: path)
            }
            // The full length now: a full disk shows before hours of work, and holes read as zero.
            guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
                throw SafetensorsError.system(path: path, call: "ftruncate", code: errno)
            }
        } catch {
            close(descriptor)
            _ = unsafe unlink(path)
            throw error
        }
        return descriptor
    }

    private static func layout(
        path: String, tensors: [Declaration], metadata: [String: String]
    ) throws(SafetensorsError) -> (
        header: [UInt8], progress: [String: Progress], fileByteCount: Int
    ) {
        var offset = 0
        var entries: [String] = []
        var placed: [String: Progress] = [:]
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(jsonString($0.key)):\(jsonString($0.value))" }
            entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        for type in ElementType.allCases {
            for tensor in tensors where tensor.type == type {
                guard placed[tensor.name] == nil, tensor.name != "__metadata__" else {
                    throw .duplicateName(path: path, name: tensor.name)
                }
                let end = offset + tensor.byteCount
                let shape = tensor.shape.map(String.init).joined(separator: ",")
                entries.append(
                    "\(jsonString(tensor.name)):{\"dtype\":\"\(type.rawValue)\","
                        + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
                placed[tensor.name] = Progress(offset: offset, byteCount: tensor.byteCount)
                offset = end
            }
        }
        var text = Array("{\(entries.joined(separator: ","))}".utf8)
        // Data starts at a multiple of 64 bytes: aligned for every vector width.
        text.append(contentsOf: repeatElement(0x20, count: (64 - (8 + text.count) % 64) % 64))
        let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        let dataStart = 8 + text.count
        let progress = placed.mapValues {
            Progress(offset: dataStart + $0.offset, byteCount: $0.byteCount)
        }
        return (length + text, progress, dataStart + offset)
    }

    deinit {
        if descriptor >= 0 {
            close(descriptor)
            _ = unsafe unlink(temporaryPath)
        }
    }

    /// Appends elements to a tensor.
    ///
    /// - Parameters:
    ///   - elements: The next elements, in row-major order.
    ///   - name: The tensor's declared name.
    /// - Throws: ``SafetensorsError`` for an unknown name, too many bytes or a failing write.
    package mutating func append<Element: BitwiseCopyable>(
        _ elements: [Element], to name: String
    ) throws(SafetensorsError) {
        unsafe try elements.withUnsafeBufferPointer { buffer throws(SafetensorsError) in
            unsafe try append(UnsafeRawBufferPointer(buffer), to: name)
        }
    }

    /// Appends raw little-endian bytes to a tensor.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes.
    ///   - name: The tensor's declared name.
    /// - Throws: ``SafetensorsError`` for an unknown name, too many bytes or a failing write.
    @unsafe package mutating func append(
        _ bytes: UnsafeRawBufferPointer, to name: String
    ) throws(SafetensorsError) {
        guard var tensor = progress[name] else { throw .missingTensor(path: path, name: name) }
        guard bytes.count <= tensor.byteCount - tensor.written else {
            throw .wrongByteCount(
                path: path, name: name, expected: tensor.byteCount,
                found: tensor.written + bytes.count)
        }
        unsafe try Self.write(
            bytes, at: tensor.offset + tensor.written, to: descriptor, path: temporaryPath)
        tensor.written += bytes.count
        progress[name] = tensor
    }

    /// Makes the file durable and visible under its name.
    ///
    /// - Throws: ``SafetensorsError`` if a tensor is incomplete or a system call fails; then the
    ///   name still holds what it held before.
    package consuming func finish() throws(SafetensorsError) {
        for (name, tensor) in progress.sorted(by: { $0.key < $1.key })
        where tensor.written != tensor.byteCount {
            throw .wrongByteCount(
                path: path, name: name, expected: tensor.byteCount, found: tensor.written)
        }
        guard fsync(descriptor) == 0 else {
            throw .system(path: temporaryPath, call: "fsync", code: errno)
        }
        guard unsafe rename(temporaryPath, path) == 0 else {
            throw .system(path: path, call: "rename", code: errno)
        }
        close(descriptor)
        descriptor = -1
        try syncFolder(of: path)
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, at start: Int, to descriptor: Int32, path: String
    ) throws(SafetensorsError) {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let count = unsafe pwrite(
                descriptor, base + done, min(bytes.count - done, 1 << 30), off_t(start + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw .system(path: path, call: "pwrite", code: count == 0 ? EIO : errno)
            }
            done += count
        }
    }
}

extension SafetensorsWriter {
    /// Writes a whole file at once.
    ///
    /// - Parameters:
    ///   - path: Where the file shall be; replaced if it exists.
    ///   - floats: float32 tensors: name, extents and elements.
    ///   - metadata: Remarks.
    /// - Throws: ``SafetensorsError`` for a repeated name, a wrong count or a failing system call.
    package static func write(
        path: String, floats: [(name: String, shape: [Int], elements: [Float])],
        metadata: [String: String] = [:]
    ) throws(SafetensorsError) {
        var writer = try SafetensorsWriter(
            path: path, tensors: floats.map { Declaration(name: $0.name, shape: $0.shape) },
            metadata: metadata)
        for tensor in floats { try writer.append(tensor.elements, to: tensor.name) }
        try writer.finish()
    }
}

/// Makes a rename in the folder of `path` durable.
private func syncFolder(of path: String) throws(SafetensorsError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
    let name = folder ?? "."
    let descriptor = unsafe open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path: name, call: "open", code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(path: name, call: "fsync", code: errno) }
}

/// A JSON string literal.
private func jsonString(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": literal += "\\\""
        case "\\": literal += "\\\\"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: literal.unicodeScalars.append(scalar)
        }
    }
    return literal + "\""
}
