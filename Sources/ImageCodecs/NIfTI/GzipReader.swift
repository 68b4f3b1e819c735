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

    /// The next `count` inflated bytes.
    ///
    /// Memory is taken only when the compressed bytes could hold that much: deflate packs at most
    /// 1,032 bytes into one.
    ///
    /// - Throws: ``ImageCodecError/damaged(file:reason:)`` when the content ends before that or
    ///   does not inflate.
    func read(_ count: Int) throws(ImageCodecError) -> [UInt8] {
        guard count / 1032 <= bytes.count else {
            throw .damaged(
                file: path, reason: "\(bytes.count) bytes cannot hold the \(count) of the header")
        }
        let result = try inflate(atMost: count)
        guard result.count == count else {
            throw .damaged(
                file: path, reason: "the gzip stream ends \(count - result.count) bytes early")
        }
        return result
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
