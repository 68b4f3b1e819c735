/// How the run is spread over processes; nothing here changes the result.
package struct DeploymentConfiguration: Codable, Hashable, Sendable {
    /// The run directory, relative to the working directory.
    package var output = ""
    /// The folder of the packed shards, relative to the working directory; `shards` in the run
    /// directory when empty.
    package var shards = ""
    /// Where the coordinator listens.
    package var address = "tcp://127.0.0.1:7731"

    /// The defaults.
    package init() {}
}
