internal import CZeroMQ

/// A peer that asks to be let in, with a key that it has proved to own.
package struct AuthenticationRequest: Hashable, Sendable {
    /// What kind of socket it knocks at.
    package let domain: String
    /// The address that it comes from.
    package let address: String
    /// Its public key in printable form, or `nil` where it has none.
    package let publicKey: String?
    let sequence: [UInt8]
}

/// Answers libzmq's questions about keys: RFC 27 (ZAP), at `inproc://zeromq.zap.01`.
///
/// Made before the sockets that it guards, in their context.
@safe package struct Authenticator: ~Copyable {
    let socket: Socket

    /// The authenticator of a context.
    ///
    /// - Throws: ``ZeroMQError`` when the context has one already.
    package init(in context: Context) throws(ZeroMQError) {
        let reply = try Socket(.reply, in: context)
        try reply.bind("inproc://zeromq.zap.01")
        socket = reply
    }

    /// The next peer to decide about, which must be answered; `nil` when none waits.
    ///
    /// - Throws: ``ZeroMQError`` when the socket is broken.
    package func next() throws(ZeroMQError) -> AuthenticationRequest? {
        while let message = try socket.receive(maximumParts: 8) {
            let frames = message.frames.map(\.bytes)
            func text(_ place: Int) -> String {
                frames.indices.contains(place) ? String(decoding: frames[place], as: UTF8.self) : ""
            }
            let sequence = frames.indices.contains(1) ? frames[1] : []
            guard frames.count >= 6, text(0) == "1.0" else {
                try answer(sequence, isAllowed: false, text: "no ZAP 1.0 request", userID: "")
                continue
            }
            let key = frames.count > 6 && text(5) == "CURVE" ? Self.printable(frames[6]) : nil
            return AuthenticationRequest(
                domain: text(2), address: text(3), publicKey: key, sequence: sequence)
        }
        return nil
    }

    /// Lets a peer in, known by a name from now on (``Multipart/userID``).
    ///
    /// - Throws: ``ZeroMQError`` when the socket is broken.
    package func admit(
        _ request: AuthenticationRequest, as userID: String
    ) throws(ZeroMQError) {
        try answer(request.sequence, isAllowed: true, text: "OK", userID: userID)
    }

    /// Turns a peer away.
    ///
    /// - Throws: ``ZeroMQError`` when the socket is broken.
    package func refuse(_ request: AuthenticationRequest) throws(ZeroMQError) {
        try answer(request.sequence, isAllowed: false, text: "refused", userID: "")
    }

    private func answer(
        _ sequence: [UInt8], isAllowed: Bool, text: String, userID: String
    ) throws(ZeroMQError) {
        try socket.send(Array("1.0".utf8), more: true)
        try socket.send(sequence, more: true)
        try socket.send(Array((isAllowed ? "200" : "400").utf8), more: true)
        try socket.send(Array(text.utf8), more: true)
        try socket.send(Array(userID.utf8), more: true)
        try socket.send([], more: false)
    }

    private static func printable(_ key: [UInt8]) -> String? {
        guard key.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: 41)
        guard unsafe zmq_z85_encode(&text, key, key.count) != nil else { return nil }
        return String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
