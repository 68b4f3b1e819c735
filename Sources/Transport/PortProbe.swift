internal import CWireBytes
internal import Glibc

/// Looks at names and ports as the system sees them, before anything of ours speaks.
package enum PortProbe {
    /// The IPv4 address of a host, or why there is none.
    package static func address(of host: String) -> Result<String, PortProbeFailure> {
        var text = [CChar](repeating: 0, count: 128)
        let isFound = unsafe voxelnas_resolve(host, &text, text.count) == 1
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let words = String(decoding: bytes, as: UTF8.self)
        return isFound ? .success(words) : .failure(PortProbeFailure(description: words))
    }

    /// Whether a port takes connections; the failure says why not.
    package static func connect(
        _ address: String, port: Int, within limit: Duration = .seconds(5)
    ) -> Result<Void, PortProbeFailure> {
        let milliseconds = Int32(clamping: Int(limit / .milliseconds(1)))
        let code = unsafe voxelnas_try_port(address, Int32(clamping: port), milliseconds)
        guard code != 0 else { return .success(()) }
        return .failure(PortProbeFailure(description: unsafe String(cString: strerror(code))))
    }
}

/// What the system said.
package struct PortProbeFailure: Error, Hashable, CustomStringConvertible {
    package let description: String
}
