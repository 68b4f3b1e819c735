import ArgumentParser
import Foundation
import Identities
import Runs
import Transport
import ZeroMQ

/// What keeps strangers away from a coordinator, as the command line says it.
struct ProtectionOptions: ParsableArguments {
    @Option(
        help: """
            The folder of the keys (`voxelnas keys`). Every connection is then encrypted and needs a \
            key; without it only this machine can connect.
            """)
    var keys: String?
    @Flag(help: "Listen on a network without keys: everyone there can join and read the run.")
    var allowUnprotected = false

    /// The protection of a run, and the key for the workers that the coordinator starts itself.
    ///
    /// - Throws: `KeyError`.
    func protection(in directory: RunDirectory) throws -> (ServerProtection, localKey: String?) {
        guard let keys else { return (allowUnprotected ? .trustedNetwork : .loopback, nil) }
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
