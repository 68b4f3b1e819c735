import ArgumentParser

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

    /// What was asked for.
    var protection: FleetProtection {
        FleetProtection(keys: keys, allowsStrangers: allowUnprotected)
    }
}
