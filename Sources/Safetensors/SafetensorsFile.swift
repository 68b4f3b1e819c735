package import Tensors

/// A safetensors file, mapped into memory and checked as a whole when it is opened.
///
/// The header is data from outside: its length, names, shapes and byte ranges are checked against
/// limits and against the file, ranges may neither overlap nor leave gaps, and nothing is allocated
/// on the header's word alone. Reading a slice touches only its pages. Safe to share.
///
/// - SeeAlso: The format, https://github.com/huggingface/safetensors.
package final class SafetensorsFile: Sendable {
    /// One tensor of the file.
    package struct Entry: Hashable, Sendable {
        /// The type of the elements.
        package let type: ElementType
        /// The extents; the last axis varies fastest.
        package let shape: [Int]
        /// Where the elements lie, from the start of the file.
        package let byteRange: Range<Int>

        /// The number of elements.
        package var count: Int { byteRange.count / type.byteCount }
    }

    /// What the reader refuses before it looks further.
    package struct Limits: Hashable, Sendable {
        /// The longest header in bytes.
        package let headerByteCount: Int
        /// The most tensors.
        package let tensorCount: Int

        /// Limits on a header.
        package init(headerByteCount: Int = 100_000_000, tensorCount: Int = 1_000_000) {
            self.headerByteCount = headerByteCount
            self.tensorCount = tensorCount
        }
    }

    /// The file's path as it was opened.
    package let path: String
    /// The tensors by name.
    package let tensors: [String: Entry]
    /// The file's own remarks.
    package let metadata: [String: String]
    private let file: MappedFile

    /// Opens and checks a file.
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - limits: What to refuse.
    /// - Throws: ``SafetensorsError`` if the file cannot be mapped or breaks a rule of the format.
    /// - Complexity: O(header); tensor data is not read.
    package init(path: String, limits: Limits = Limits()) throws(SafetensorsError) {
        let file = try MappedFile(path: path)
        let bytes = unsafe file.bytes
        guard bytes.count >= 8 else {
            throw .malformed(path: path, reason: "\(bytes.count) bytes are too few for a header")
        }
        let declared = unsafe UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard declared <= UInt64(limits.headerByteCount), Int(declared) <= bytes.count - 8 else {
            throw .malformed(
                path: path,
                reason: "a header of \(declared) bytes; the file has \(bytes.count), "
                    + "the limit is \(limits.headerByteCount)")
        }
        let dataStart = 8 + Int(declared)
        var parser = unsafe HeaderParser(UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]))
        let header: (tensors: [String: HeaderParser.RawEntry], metadata: [String: String])
        do {
            header = try parser.parse()
        } catch {
            throw .malformed(path: path, reason: error.reason)
        }
        guard header.tensors.count <= limits.tensorCount else {
            throw .malformed(path: path, reason: "more than \(limits.tensorCount) tensors")
        }
        var tensors: [String: Entry] = [:]
        for (name, raw) in header.tensors {
            do {
                tensors[name] = try Self.entry(raw, data: dataStart..<bytes.count)
            } catch {
                throw .malformed(path: path, reason: "tensor '\(name)': \(error.reason)")
            }
        }
        // In order of position, each tensor starts where the one before it ends.
        var end = dataStart
        for (name, entry) in tensors.sorted(by: {
            ($0.value.byteRange.lowerBound, $0.value.byteRange.upperBound)
                < ($1.value.byteRange.lowerBound, $1.value.byteRange.upperBound)
        }) {
            guard entry.byteRange.lowerBound == end else {
                throw .malformed(
                    path: path, reason: "tensor '\(name)' overlaps another or follows a gap")
            }
            end = entry.byteRange.upperBound
        }
        guard end == bytes.count else {
            throw .malformed(path: path, reason: "\(bytes.count - end) bytes belong to no tensor")
        }
        self.path = path
        self.tensors = tensors
        self.metadata = header.metadata
        self.file = file
    }

    private static func entry(
        _ raw: HeaderParser.RawEntry, data: Range<Int>
    ) throws(HeaderParser.Failure) -> Entry {
        guard let name = raw.type, let shape = raw.shape, let offsets = raw.offsets else {
            throw HeaderParser.Failure(reason: "dtype, shape or data_offsets is missing")
        }
        guard let type = ElementType(rawValue: name) else {
            throw HeaderParser.Failure(
                reason: "dtype '\(name)' is not supported; supported: "
                    + ElementType.allCases.map(\.rawValue).joined(separator: ", "))
        }
        var byteCount = type.byteCount
        for extent in shape {
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw HeaderParser.Failure(reason: "shape \(shape) overflows") }
            byteCount = product
        }
        guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= data.count else {
            throw HeaderParser.Failure(
                reason: "data_offsets \(offsets) outside \(data.count) bytes of data")
        }
        guard offsets[1] - offsets[0] == byteCount else {
            throw HeaderParser.Failure(
                reason: "shape \(shape) needs \(byteCount) bytes, data_offsets give "
                    + "\(offsets[1] - offsets[0])")
        }
        return Entry(
            type: type, shape: shape,
            byteRange: (data.lowerBound + offsets[0])..<(data.lowerBound + offsets[1]))
    }

    /// The description of a tensor.
    ///
    /// - Parameter name: The tensor's name.
    /// - Returns: Its type, shape and place in the file.
    /// - Throws: ``SafetensorsError/missingTensor(path:name:)``.
    package func entry(_ name: String) throws(SafetensorsError) -> Entry {
        guard let entry = tensors[name] else { throw .missingTensor(path: path, name: name) }
        return entry
    }
}

extension SafetensorsFile {
    /// Calls `body` with bytes of a tensor, straight from the mapping.
    ///
    /// - Parameters:
    ///   - name: The tensor's name.
    ///   - range: Bytes from the start of the tensor; all of it when `nil`.
    ///   - body: What to do; the bytes are invalid after it returns, and their alignment is the
    ///     file's.
    /// - Returns: What `body` returned.
    /// - Throws: ``SafetensorsError`` for an unknown name or a range outside the tensor.
    package func withUnsafeBytes<Result>(
        of name: String, in range: Range<Int>? = nil, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(SafetensorsError) -> Result {
        let entry = try entry(name)
        let part = range ?? 0..<entry.byteRange.count
        guard part.lowerBound >= 0, part.upperBound <= entry.byteRange.count else {
            throw .outOfRange(path: path, name: name, range: part, byteCount: entry.byteRange.count)
        }
        let start = entry.byteRange.lowerBound + part.lowerBound
        return withExtendedLifetime(file) {
            unsafe body(
                UnsafeRawBufferPointer(rebasing: file.bytes[start..<(start + part.count)]))
        }
    }

    /// A copy of elements of a tensor.
    ///
    /// - Parameters:
    ///   - name: The tensor's name.
    ///   - type: The Swift type of the elements: `Float`, `Double`, `Int64`, `Int32`, `Int16` or
    ///     `UInt8`.
    ///   - range: Elements from the start of the tensor; all when `nil`.
    /// - Returns: The elements in row-major order.
    /// - Throws: ``SafetensorsError`` for an unknown name, another element type or a range outside.
    package func elements<Element: BitwiseCopyable>(
        of name: String, as type: Element.Type, in range: Range<Int>? = nil
    ) throws(SafetensorsError) -> [Element] {
        let entry = try entry(name)
        guard let expected = ElementType.of(type) else {
            preconditionFailure("safetensors has no type for \(type)")
        }
        guard entry.type == expected else {
            throw .wrongType(path: path, name: name, expected: expected, found: entry.type)
        }
        let part = range ?? 0..<entry.count
        guard part.lowerBound >= 0, part.upperBound <= entry.count else {
            throw .outOfRange(
                path: path, name: name, range: part, byteCount: entry.byteRange.count)
        }
        let size = entry.type.byteCount
        return unsafe try withUnsafeBytes(
            of: name, in: (part.lowerBound * size)..<(part.upperBound * size)
        ) { bytes in
            unsafe [Element](unsafeUninitializedCapacity: part.count) { buffer, count in
                unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
                count = part.count
            }
        }
    }

    /// A copy of float32 elements of a tensor.
    ///
    /// - Parameters:
    ///   - name: The tensor's name.
    ///   - range: Elements from the start of the tensor; all when `nil`.
    /// - Returns: The elements in row-major order.
    /// - Throws: ``SafetensorsError`` for an unknown name, another element type or a range outside.
    package func floats(
        of name: String, in range: Range<Int>? = nil
    ) throws(SafetensorsError) -> [Float] {
        try elements(of: name, as: Float.self, in: range)
    }

    /// A float32 tensor with its shape.
    ///
    /// - Parameter name: The tensor's name.
    /// - Returns: The elements and their shape.
    /// - Throws: ``SafetensorsError`` for an unknown name or another element type.
    package func tensor(_ name: String) throws(SafetensorsError) -> Tensor {
        Tensor(shape: try entry(name).shape, elements: try floats(of: name))
    }
}
