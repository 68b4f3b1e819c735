import ArgumentParser
import Foundation
import Identities

/// `voxelnas keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Issues, revokes and lists the keys of workers and admins.",
        subcommands: [KeysIssue.self, KeysRevoke.self, KeysList.self])
}

/// The folder that the commands about keys work on.
struct KeysOptions: ParsableArguments {
    @Option(help: "The folder of the keys, on the coordinator's machine.") var keys = "keys"
    @Flag(help: "Print JSON.") var json = false

    var folder: KeyFolder { KeyFolder(path: keys) }
}

extension KeyRole: ExpressibleByArgument {}

/// `voxelnas keys issue`.
struct KeysIssue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Makes a key; its file goes to its holder and nowhere else."
    )

    @Argument(help: "Who it is for: a machine, a pool of machines, a person.") var name: String
    @Option(help: "worker joins and computes; admin asks and steers.") var role = KeyRole.worker
    @OptionGroup var options: KeysOptions

    private struct Issued: Encodable {
        let name: String
        let role: KeyRole
        let file: String
    }

    func run() async throws {
        try await explainingFailures {
            let path = try options.folder.issue(name, role: role)
            if options.json { return try printJSON(Issued(name: name, role: role, file: path)) }
            print("wrote \(path)")
            switch role {
            case .worker:
                print("copy it to the machine; there: Deploy/worker tcp://HOST:PORT FILE")
            case .admin:
                print("with it: voxelnas status --connect tcp://HOST:PORT --key FILE")
                print("PORT is the coordinator's plus 2, such as 7733")
            }
        }
    }
}

/// `voxelnas keys revoke`.
struct KeysRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Takes a key back; a live coordinator cuts its holder off within a second.")

    @Argument(help: "The name that it was issued to.") var name: String
    @OptionGroup var options: KeysOptions

    func run() async throws {
        try await explainingFailures {
            try options.folder.revoke(name)
            if options.json { return try printJSON(["revoked": name]) }
            print("revoked the key of '\(name)'")
        }
    }
}

/// `voxelnas keys list`.
struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the keys that were issued.")

    @OptionGroup var options: KeysOptions

    func run() async throws {
        try await explainingFailures {
            let list = try options.folder.allowList()
            if options.json { return try printJSON(list) }
            var table = Table("name", "role", "issued", "revoked", "public key")
            for key in list.keys {
                table.append(
                    key.name, key.role.rawValue, key.issued, key.revoked ?? "-", key.publicKey)
            }
            print(table.text)
        }
    }
}
