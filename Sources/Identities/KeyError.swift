/// What is wrong with a key or its folder, and what to do about it.
package enum KeyError: Error, Hashable, Sendable, CustomStringConvertible {
    case noCurve(version: String)
    case noFolder(path: String)
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    case damaged(path: String, reason: String)
    case exposed(path: String, mode: String)
    case badName(String)
    case taken(name: String, issued: String)
    case unknownName(String, known: [String])
    case wrongRole(path: String, found: KeyRole, needed: KeyRole)

    package var description: String {
        switch self {
        case .noCurve(let version):
            "libzmq \(version) on this machine was built without CURVE; install Debian's libzmq5"
        case .noFolder(let path):
            "\(path): no keys here; make some with `voxelnas keys issue NAME --keys \(path)`"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
        case .damaged(let path, let reason):
            "\(path): is not a key file of voxelnas: \(reason); issue a new one with `voxelnas "
                + "keys issue`"
        case .exposed(let path, let mode):
            "\(path): others may read this secret (mode \(mode)); run `chmod 600 \(path)`, and "
                + "issue a new key if someone has"
        case .badName(let name):
            "'\(name)' cannot be a key's name; use 1 to 64 of A-Z a-z 0-9 . _ - and start with a "
                + "letter or digit"
        case .taken(let name, let issued):
            "'\(name)' has a key since \(issued); revoke it first (`voxelnas keys revoke "
                + "\(name)`), or choose another name"
        case .unknownName(let name, let known):
            "'\(name)' has no key; "
                + (known.isEmpty
                    ? "no key is in use" : "names in use: \(known.joined(separator: ", "))")
        case .wrongRole(let path, let found, let needed):
            "\(path): is \(found == .admin ? "an admin" : "a worker") key, and this needs "
                + "\(needed == .admin ? "an admin" : "a worker") key; issue one with `voxelnas "
                + "keys issue NAME --role \(needed.rawValue)`"
        }
    }
}
