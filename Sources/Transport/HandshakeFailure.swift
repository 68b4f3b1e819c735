internal import Identities
internal import ZeroMQ

/// Says why a coordinator would not speak with this end.
enum HandshakeFailure {
    /// What was seen and what to do, of a handshake that the coordinator ended.
    static func text(
        _ kind: MonitorEvent.Kind, at address: some CustomStringConvertible, key: KeyFile?
    ) -> String {
        guard let key else {
            return "\(address) wants a key; issue one on the coordinator's machine (voxelnas keys "
                + "issue NAME) and give its file with --key"
        }
        if kind == .otherMechanism {
            return "\(address) takes no keys, and '\(key.name)' came with one; leave --key out, or "
                + "start the coordinator with --keys"
        }
        return "\(address) refused the key of '\(key.name)': it is not on the coordinator's list, "
            + "was revoked, or is for another role than this (\(key.role)); issue a new one with "
            + "`voxelnas keys issue`"
    }
}
