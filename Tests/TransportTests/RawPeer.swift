import Glibc

/// A peer that speaks ZMTP 3.0 by hand, as no library of the protocol would.
///
/// - SeeAlso: <https://rfc.zeromq.org/spec/23/>
struct RawPeer: ~Copyable {
    struct NoConnection: Error {}

    private let descriptor: Int32

    /// Connects to a port of this machine and shakes hands without security.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = unsafe withUnsafeBytes(of: &address) { bytes in
            unsafe connect(
                descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), size) == 0
        }
        let greeting: [UInt8] =
            [0xff] + Array(repeating: 0, count: 8) + [0x7f, 3, 0] + Array("NULL".utf8)
            + Array(repeating: 0, count: 16 + 32)
        let ready: [UInt8] =
            [4, 28, 5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6]
            + Array("DEALER".utf8)
        // libzmq waits for ever for who does not wait for its part of the handshake.
        guard isConnected, send(greeting), hear(greeting.count), send(ready), hear(ready.count)
        else { throw NoConnection() }
    }

    deinit { close(descriptor) }

    private borrowing func hear(_ count: Int) -> Bool {
        var bytes = [UInt8](repeating: 0, count: count)
        let flags = Int32(MSG_WAITALL)
        return unsafe recv(descriptor, &bytes, count, flags) == count
    }

    /// - Returns: False once the connection is gone.
    borrowing func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count >= 0 || errno == EINTR else { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }
}
