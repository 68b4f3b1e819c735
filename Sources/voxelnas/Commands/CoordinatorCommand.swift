import ArgumentParser
import Pipeline
import RunConfiguration

/// `voxelnas coordinator`.
struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Searches with workers that connect from elsewhere; starts none.",
        discussion: """
            Other machines can connect once there are keys: `voxelnas keys issue NAME`, then --keys \
            keys. The data lane takes the port after --listen, admins with a key the next one.
            """)

    @OptionGroup var options: RunOptions
    @OptionGroup var protection: ProtectionOptions
    @Option(help: "Where to listen; the data lane takes the next port.")
    var listen: ListeningAddress?

    func run() async throws {
        try await explainingFailures {
            let configuration = try options.configuration()
            let session = try SearchSession(options, protection: protection)
            let address =
                listen ?? ListeningAddress(argument: configuration.deployment.address)
                ?? ListeningAddress(host: "127.0.0.1", port: 7731)
            try await session.run(workers: 0, listening: address)
        }
    }
}
