internal import CZeroMQ

/// What the library that is loaded can do.
package enum ZeroMQLibrary {
    /// The version, such as `4.3.4`.
    package static var version: String {
        var (major, minor, patch) = (Int32(0), Int32(0), Int32(0))
        unsafe zmq_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    /// Whether connections can be encrypted.
    package static var hasCurve: Bool { unsafe zmq_has("curve") == 1 }
}
