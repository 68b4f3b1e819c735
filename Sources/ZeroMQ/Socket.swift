internal import CZeroMQ
internal import Glibc

/// A libzmq socket with exactly one owner, closed when that owner lets go.
@safe package struct Socket: ~Copyable {
    /// What a socket does with messages.
    package enum Pattern: Sendable {
        /// Many peers, addressed by routing identifier.
        case router
        /// One stream of messages to and from a router.
        case dealer
        /// One peer; what a monitor talks through.
        case pair
        /// Answers one request after the other; what an authenticator listens with.
        case reply

        fileprivate var rawValue: Int32 {
            switch self {
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .pair: ZMQ_PAIR
            case .reply: ZMQ_REP
            }
        }
    }

    let handle: UnsafeMutableRawPointer
    let context: Context  // zmq_ctx_term blocks until every socket is closed.

    /// A socket that is neither bound nor connected.
    ///
    /// - Throws: ``ZeroMQError`` when libzmq is out of sockets or refuses an option.
    package init(
        _ pattern: Pattern, in context: Context, options: SocketOptions = SocketOptions()
    ) throws(ZeroMQError) {
        guard let handle = unsafe zmq_socket(context.handle, pattern.rawValue) else {
            throw ZeroMQError(calling: "zmq_socket")
        }
        do {
            try unsafe Self.apply(options, to: handle)
        } catch {
            _ = unsafe zmq_close(handle)
            throw error
        }
        unsafe self.handle = handle
        self.context = context
    }

    deinit { _ = unsafe zmq_close(handle) }

    private static func apply(
        _ options: SocketOptions, to handle: UnsafeMutableRawPointer
    ) throws(ZeroMQError) {
        for (name, value) in options.integers {
            var value = value
            guard unsafe zmq_setsockopt(handle, name, &value, MemoryLayout<Int32>.size) == 0 else {
                throw ZeroMQError(calling: "zmq_setsockopt(\(name))")
            }
        }
        if let thread = options.ioThread {
            var affinity = UInt64(1) << UInt64(thread)
            guard
                unsafe zmq_setsockopt(handle, ZMQ_AFFINITY, &affinity, MemoryLayout<UInt64>.size)
                    == 0
            else { throw ZeroMQError(calling: "zmq_setsockopt(ZMQ_AFFINITY)") }
        }
        if var limit = options.maximumPartBytes {
            guard
                unsafe zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &limit, MemoryLayout<Int64>.size) == 0
            else { throw ZeroMQError(calling: "zmq_setsockopt(ZMQ_MAXMSGSIZE)") }
        }
        if let routingID = options.routingID {
            guard unsafe zmq_setsockopt(handle, ZMQ_ROUTING_ID, routingID, routingID.count) == 0
            else { throw ZeroMQError(calling: "zmq_setsockopt(ZMQ_ROUTING_ID)") }
        }
        for (name, text) in options.security?.texts ?? [] {
            guard unsafe zmq_setsockopt(handle, name, text, text.utf8.count) == 0 else {
                throw ZeroMQError(calling: "zmq_setsockopt(\(name))")
            }
        }
    }

    /// Listens on an endpoint such as `tcp://0.0.0.0:7731`; port `*` or 0 lets the system choose.
    ///
    /// - Returns: The endpoint with the port that was chosen.
    /// - Throws: ``ZeroMQError`` when the address is taken or malformed.
    @discardableResult
    package func bind(_ endpoint: String) throws(ZeroMQError) -> String {
        guard unsafe zmq_bind(handle, endpoint) == 0 else {
            throw ZeroMQError(calling: "zmq_bind(\(endpoint))")
        }
        var text = [UInt8](repeating: 0, count: 1024)
        var count = text.count
        guard unsafe zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &count) == 0, count > 0 else {
            throw ZeroMQError(calling: "zmq_getsockopt(ZMQ_LAST_ENDPOINT)")
        }
        return String(decoding: text[..<(count - 1)], as: UTF8.self)
    }

    /// Connects to an endpoint, now or whenever it can be reached.
    ///
    /// - Throws: ``ZeroMQError`` when the address is malformed.
    package func connect(_ endpoint: String) throws(ZeroMQError) {
        guard unsafe zmq_connect(handle, endpoint) == 0 else {
            throw ZeroMQError(calling: "zmq_connect(\(endpoint))")
        }
    }

    // MARK: Sending and receiving, without waiting

    /// Queues a copy of the bytes as one part.
    ///
    /// - Throws: ``ZeroMQError``; see ``ZeroMQError/isWouldBlock`` and
    ///   ``ZeroMQError/isUnreachable``.
    package func send(_ bytes: [UInt8], more: Bool) throws(ZeroMQError) {
        let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
        while unsafe zmq_send(handle, bytes, bytes.count, flags) < 0 {
            let error = ZeroMQError(calling: "zmq_send")
            guard error.isInterrupted else { throw error }
        }
    }

    /// Queues bytes as the last part without copying them.
    ///
    /// - Throws: ``ZeroMQError`` as ``send(_:more:)``.
    package func sendShared(_ bytes: [UInt8]) throws(ZeroMQError) {
        // Below this size libzmq's bookkeeping costs more than the copy.
        guard bytes.count > 8192 else { return try send(bytes, more: false) }
        let owner = unsafe Unmanaged.passRetained(SharedBytes(bytes))
        var message = zmq_msg_t()
        let start = unsafe owner._withUnsafeGuaranteedRef { unsafe $0.start }
        // libzmq reads the bytes and never writes; the box keeps the array until `release` runs.
        let status = unsafe zmq_msg_init_data(
            &message, UnsafeMutableRawPointer(mutating: start), bytes.count,
            { _, hint in
                guard let hint = unsafe hint else { return }
                unsafe Unmanaged<SharedBytes>.fromOpaque(hint).release()
            }, owner.toOpaque())
        guard status == 0 else {
            unsafe owner.release()
            throw ZeroMQError(calling: "zmq_msg_init_data")
        }
        while unsafe zmq_msg_send(&message, handle, ZMQ_DONTWAIT) < 0 {
            let error = ZeroMQError(calling: "zmq_msg_send")
            guard error.isInterrupted else {
                _ = unsafe zmq_msg_close(&message)
                throw error
            }
        }
    }

    /// Takes the next message.
    ///
    /// - Parameter maximumParts: Parts beyond these are read and thrown away.
    /// - Returns: The message, or `nil` when none is waiting.
    /// - Throws: ``ZeroMQError`` when the socket is broken.
    package func receive(maximumParts: Int) throws(ZeroMQError) -> Multipart? {
        var frames: [Frame] = []
        var isTruncated = false
        var connection: Int32?
        while true {
            let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
            _ = unsafe zmq_msg_init(message)
            guard unsafe zmq_msg_recv(message, handle, ZMQ_DONTWAIT) >= 0 else {
                let error = ZeroMQError(calling: "zmq_msg_recv")
                _ = unsafe zmq_msg_close(message)
                unsafe message.deallocate()
                if error.isInterrupted { continue }
                // Parts of one message arrive together, so this is before the first.
                if error.isWouldBlock { return nil }
                throw error
            }
            let hasMore = unsafe zmq_msg_more(message) != 0
            let frame = unsafe Frame(taking: message)
            if frames.count < maximumParts { frames.append(frame) } else { isTruncated = true }
            if !hasMore {
                connection = frame.connection
                return Multipart(frames: frames, isTruncated: isTruncated, connection: connection)
            }
        }
    }
}

extension SocketSecurity {
    /// The printable options as libzmq names them; ``SocketOptions/integers`` has the rest.
    fileprivate var texts: [(name: Int32, value: String)] {
        switch self {
        case .listening(let secretKey, let domain):
            [(ZMQ_CURVE_SECRETKEY, secretKey), (ZMQ_ZAP_DOMAIN, domain)]
        case .connecting(let keys, let serverKey):
            [
                (ZMQ_CURVE_SERVERKEY, serverKey), (ZMQ_CURVE_PUBLICKEY, keys.publicKey),
                (ZMQ_CURVE_SECRETKEY, keys.secretKey),
            ]
        }
    }
}

/// An array whose storage libzmq reads while a message is under way.
///
/// The pointer stays valid because the array is never changed and its storage is native.
@safe private final class SharedBytes {
    private let bytes: [UInt8]
    let start: UnsafeRawPointer?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        unsafe start = bytes.withUnsafeBytes { $0.baseAddress }
    }
}
