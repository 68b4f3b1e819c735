/// A version of the protocol: the major number changes what bytes mean, the minor number adds.
package struct ProtocolVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Equal on both sides, or nothing is understood.
    package let major: UInt8
    /// This build speaks its own and the one before.
    package let minor: UInt8

    /// A version.
    package init(major: UInt8, minor: UInt8) {
        self.major = major
        self.minor = minor
    }

    /// What this build speaks.
    package static let current = ProtocolVersion(major: 1, minor: 3)

    /// The version as one number, for ``Hello``.
    package var number: UInt32 { UInt32(major) << 8 | UInt32(minor) }

    package static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool {
        left.number < right.number
    }

    package var description: String { "\(major).\(minor)" }
}
