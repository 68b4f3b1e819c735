import ArgumentParser
import Coordinator
import Foundation
import Glibc
import Identities
import Runs
import Transport
import WireProtocol

/// The run that a command is about: a folder here, or a coordinator elsewhere.
struct RunTarget: ParsableArguments {
    @Argument(help: "The run directory.") var run: String?
    @Option(help: "A coordinator elsewhere: its admin port, such as tcp://10.0.0.1:7733.")
    var connect: String?
    @Option(help: "The file of an admin's key, for --connect.") var key: String?

    func validate() throws {
        switch (run, connect) {
        case (nil, nil):
            throw ValidationError("name a run directory, or a coordinator with --connect and --key")
        case (_?, _?): throw ValidationError("a run directory or --connect, not both")
        case (nil, _?) where key == nil:
            throw ValidationError(
                "--connect needs --key: the file of a key from `voxelnas keys issue NAME --role "
                    + "admin`")
        default: break
        }
    }

    /// The run directory, where one was named.
    ///
    /// - Throws: `RunError` when it is none.
    func directory() throws -> RunDirectory? {
        guard let run else { return nil }
        let directory = RunDirectory(path: run)
        _ = try directory.configuration()
        return directory
    }

    /// The run directory of a command that shows files.
    ///
    /// - Throws: `ValidationError` when the run is elsewhere.
    func localDirectory() throws -> RunDirectory {
        guard let directory = try directory() else {
            throw ValidationError("this is in the run directory; run it where that is")
        }
        return directory
    }

    /// The coordinator that works on the run now; `nil` where none does.
    func coordinator() throws -> StatusClient? {
        if let connect {
            let text = connect.hasPrefix("tcp://") ? String(connect.dropFirst(6)) : connect
            let address = try CoordinatorAddress(text)
            let path = key ?? ""
            let file = try KeyFile(contentsOf: path)
            guard file.role == .admin else {
                throw KeyError.wrongRole(path: path, found: file.role, needed: .admin)
            }
            return StatusClient(.remote(address, file))
        }
        guard let directory = try directory(), let endpoint = try? Endpoint(of: directory),
            kill(endpoint.process, 0) == 0
        else { return nil }
        return StatusClient(.local(endpoint.admin))
    }

    /// The coordinator that works on the run now.
    ///
    /// - Throws: ``NotLive`` where none does.
    func liveCoordinator() throws -> StatusClient {
        guard let coordinator = try coordinator() else { throw NotLive(run: run ?? "") }
        return coordinator
    }
}

/// A command needs a coordinator, and none works on the run.
struct NotLive: Error, CustomStringConvertible {
    let run: String

    var description: String {
        "\(run): no coordinator works on this run; start one with `voxelnas search` or `voxelnas "
            + "coordinator` and --resume"
    }
}
