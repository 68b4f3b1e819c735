/// How a socket proves who it is, and finds out who the other end is, with CURVE.
package enum SocketSecurity: Hashable, Sendable {
    /// Listens: every peer's key goes to the authenticator of the context, under this domain.
    ///
    /// Without an authenticator libzmq lets everyone in, without a ``Multipart/userID``: make one
    /// first, and take no message that lacks it.
    case listening(secretKey: String, domain: String)
    /// Connects: with a key of its own, to nobody but the owner of the server's key.
    case connecting(CurveKeyPair, serverKey: String)
}
