import CZlib

/// Inflates gzip content piece by piece and checks its sums.
@safe final class GzipReader {
    private let path: String
    private let bytes: [UInt8]
    private var position = 0
    private var isFinished = false
    private let stream: UnsafeMutablePointer<z_stream>

    /// A reader at the first byte of gzip content.
    ///
    /// - Throws: ``ImageCodecError/damaged(file:reason:)`` when zlib cannot start.
    init(_ bytes: [UInt8], path: String) throws(ImageCodecError) {
        self.path = path
        self.bytes = bytes
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: unsafe z_stream())
        let size = unsafe CInt(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
            throw .damaged(file: path, reason: "zlib cannot start")
        }
    }

    deinit {
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// The next `count` inflated bytes, for headers.
    ///
    /// - Throws: ``ImageCodecError/damaged(file:reason:)`` when the content ends before that or
    ///   does not inflate.
    func read(_ count: Int) throws(ImageCodecError) -> [UInt8] {
        try checkCount(count)
        let result = try inflate(atMost: count)
        guard result.count == count else { throw early(count - result.count) }
        return result
    }

    /// Inflates the next `count` bytes piece by piece, so that they never lie in memory together.
    ///
    /// - Parameters:
    ///   - count: The bytes.
    ///   - limits: What content may grow to.
    ///   - take: Called with each piece and the position of its first byte; every piece but the last
    ///     has a multiple of 64 bytes.
    /// - Throws: ``ImageCodecError/damaged(file:reason:)`` as ``read(_:)``, and
    ///   ``ImageCodecError/tooLarge(file:found:limit:)`` for a file that grows beyond reason.
    @unsafe func inflate(
        _ count: Int, limits: DecodingLimits, _ take: (UnsafeRawBufferPointer, Int) -> Void
    ) throws(ImageCodecError) {
        try checkCount(count)
        guard count <= limits.suspiciousBytes || count / limits.expansion <= bytes.count else {
            throw .tooLarge(
                file: path,
                found: "\(bytes.count) bytes that inflate to \(count)",
                limit: "\(limits.expansion) times the file (unpack it if that is meant)")
        }
        let piece = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(count, Self.pieceBytes)), alignment: 64)
        defer { unsafe piece.deallocate() }
        var done = 0
        while done < count {
            let wanted = min(count - done, Self.pieceBytes)
            var filled = 0
            var failure: String?
            while filled < wanted && !isFinished && failure == nil {
                let target = unsafe UnsafeMutableBufferPointer(
                    rebasing: piece.bindMemory(to: UInt8.self)[filled..<wanted])
                unsafe inflateStep(into: target, &filled, &failure)
            }
            if let failure { throw .damaged(file: path, reason: failure) }
            guard filled == wanted else { throw early(count - done - filled) }
            unsafe take(UnsafeRawBufferPointer(rebasing: piece[..<filled]), done)
            done += filled
        }
    }

    /// Fits the second-level cache of any processor.
    private static let pieceBytes = 128 << 10

    /// Deflate packs at most 1,032 bytes into one.
    private func checkCount(_ count: Int) throws(ImageCodecError) {
        guard count / 1032 <= bytes.count else {
            throw .damaged(
                file: path, reason: "\(bytes.count) bytes cannot hold the \(count) of the header")
        }
    }

    private func early(_ missing: Int) -> ImageCodecError {
        .damaged(file: path, reason: "the gzip stream ends \(missing) bytes early")
    }

    /// Reads on to the end of the content, whose checksum is then verified.
    ///
    /// - Throws: ``ImageCodecError/damaged(file:reason:)`` when the checksum is wrong or much more
    ///   content follows.
    func finish() throws(ImageCodecError) {
        let rest = try inflate(atMost: 1 << 20)
        guard rest.count < 1 << 20 else {
            throw .damaged(file: path, reason: "more than 1 MiB of content after the voxels")
        }
    }

    private func inflate(atMost count: Int) throws(ImageCodecError) -> [UInt8] {
        var failure: String?
        let result = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count && !isFinished && failure == nil {
                unsafe inflateStep(
                    into: UnsafeMutableBufferPointer(rebasing: buffer[filled...]), &filled, &failure
                )
            }
        }
        if let failure { throw .damaged(file: path, reason: failure) }
        return result
    }

    private func inflateStep(
        into buffer: UnsafeMutableBufferPointer<UInt8>, _ filled: inout Int,
        _ failure: inout String?
    ) {
        unsafe bytes.withUnsafeBufferPointer { source in
            let available = min(source.count - position, 1 << 30)
            let wanted = min(buffer.count, 1 << 30)
            unsafe stream.pointee.next_in = source.baseAddress.map {
                unsafe UnsafeMutablePointer(mutating: $0 + position)
            }
            unsafe stream.pointee.avail_in = UInt32(available)
            unsafe stream.pointee.next_out = buffer.baseAddress
            unsafe stream.pointee.avail_out = UInt32(wanted)
            let result = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
            position += unsafe available - Int(stream.pointee.avail_in)
            let produced = unsafe wanted - Int(stream.pointee.avail_out)
            filled += produced
            switch result {
            case Z_STREAM_END:
                // A gzip file may hold several members, one after the other.
                if position < bytes.count, bytes[position] == 0x1f {
                    _ = unsafe inflateReset(stream)
                } else {
                    isFinished = true
                }
            case Z_OK, Z_BUF_ERROR:
                if position == bytes.count && produced == 0 {
                    failure = "the gzip stream ends early"
                }
            default:
                failure =
                    unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "bad gzip data"
            }
        }
    }
}

/// Packs bytes as gzip; equal bytes give equal files.
enum Gzip {
    /// The gzip file of the given content.
    static func compress(_ content: [UInt8]) -> [UInt8] {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: unsafe z_stream())
        defer { unsafe stream.deallocate() }
        let size = unsafe CInt(MemoryLayout<z_stream>.size)
        // Window bits above 15 ask for the gzip wrapper; zlib writes no time into it.
        let started = unsafe deflateInit2_(
            stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        precondition(started == Z_OK, "zlib is out of memory")
        defer { _ = unsafe deflateEnd(stream) }
        var result: [UInt8] = []
        var position = 0
        var status = Z_OK
        while status != Z_STREAM_END {
            unsafe content.withUnsafeBufferPointer { source in
                let available = min(source.count - position, 1 << 30)
                unsafe stream.pointee.next_in = source.baseAddress.map {
                    unsafe UnsafeMutablePointer(mutating: $0 + position)
                }
                unsafe stream.pointee.avail_in = UInt32(available)
                let isLast = position + available == source.count
                let piece = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, count in
                    unsafe stream.pointee.next_out = buffer.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(buffer.count)
                    status = unsafe deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    count = unsafe buffer.count - Int(stream.pointee.avail_out)
                }
                result += piece
                position += unsafe available - Int(stream.pointee.avail_in)
            }
        }
        return result
    }
}
