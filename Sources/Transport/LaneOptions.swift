internal import WireProtocol
internal import ZeroMQ

extension SocketOptions {
    /// The options that both ends and both lanes share; the reasons are in Docs/Protocol.md.
    private static func common(_ lane: Lane) -> SocketOptions {
        var options = SocketOptions()
        options.handshakeMilliseconds = 5000
        options.usesKeepAlive = true
        options.heartbeatMilliseconds = (interval: 5000, timeout: 20_000, timeToLive: 30_000)
        options.highWaterMark = lane == .data ? 128 : 1000
        return options
    }

    /// A coordinator's listening socket.
    static func server(_ lane: Lane, security: SocketSecurity?) -> SocketOptions {
        var options = common(lane)
        options.security = security
        options.maximumPartBytes =
            lane == .data ? Int64(WireLimits.chunkBytes + (64 << 10)) : 64 << 10
        // What a peer may pile up unread: about 10 MiB on either lane.
        options.receivingHighWaterMark = lane == .data ? 32 : 160
        // A heartbeat is not decrypted behind megabytes of chunks.
        options.ioThread = lane == .data ? 1 : 0
        options.isMandatory = true
        options.allowsHandover = true
        options.backlog = 4096
        options.lingerMilliseconds = 500
        return options
    }

    /// A worker's connecting socket.
    static func client(
        _ lane: Lane, peer: PeerID, linger: Int32, security: SocketSecurity?
    ) -> SocketOptions {
        var options = common(lane)
        options.security = security
        options.maximumPartBytes = Int64(WireLimits.chunkBytes + (64 << 10))
        options.routingID = peer.bytes
        options.isImmediate = true
        options.reconnectMilliseconds = (first: 250, longest: 2000)
        options.lingerMilliseconds = linger
        return options
    }
}

extension Socket {
    /// Queues a message's parts, after a routing identifier where there is one.
    ///
    /// libzmq refuses a message with its first part or not at all.
    borrowing func send(_ message: EncodedMessage, to peer: PeerID? = nil) throws(ZeroMQError) {
        if let peer { try send(peer.bytes, more: true) }
        try send(message.header, more: true)
        guard message.payload.count > 0 else { return try send(message.fields, more: false) }
        try send(message.fields, more: true)
        if case .bytes(let bytes) = message.payload {
            try sendShared(bytes)
        } else {
            try sendShared(message.payload.bytes)
        }
    }
}
