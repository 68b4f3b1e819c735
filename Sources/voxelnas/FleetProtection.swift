import Identities
import Runs
import Transport
import ZeroMQ

/// What keeps strangers away from a coordinator.
struct FleetProtection {
    /// The folder of the keys; without one only this machine can connect.
    var keys: String?
    /// Whether a network may join without keys.
    var allowsStrangers = false

    /// The protection of a run, and the key for the workers that the coordinator starts itself.
    ///
    /// - Throws: `KeyError`.
    func protection(in directory: RunDirectory) throws -> (ServerProtection, localKey: String?) {
        guard let keys else { return (allowsStrangers ? .trustedNetwork : .loopback, nil) }
        let folder = KeyFolder(path: keys)
        let guest = KeyFile(
            name: "local", role: .worker, keys: try KeyFolder.generate(),
            coordinator: try folder.coordinatorKeys().publicKey)
        let workers = directory.path + "/workers"
        try directory.createFolder(workers)
        let path = workers + "/local.key"
        try KeyFolder.write(guest, to: path)
        return (.keys(folder, guests: [guest]), path)
    }
}
