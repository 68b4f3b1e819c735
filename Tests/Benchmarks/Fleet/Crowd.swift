import Coordination
import Foundation
import Identities
import Transport
import WireProtocol
import Worker
import ZeroMQ

/// Simulated workers in a process of their own.
final class Crowd {
    private let address: CoordinatorAddress
    private let keys: [KeyFile]
    private let context: Context
    private var loops: [WorkerLoop] = []
    private var made = 0

    /// The arguments of the process that lives it.
    static let mode = "crowd"

    /// How many workers share a key, as pools of machines do.
    static let poolSize = 100

    /// The name of the key that a pool's workers share.
    static func keyName(_ pool: Int) -> String { "pool\(pool)" }

    /// A crowd without workers.
    private init(address: CoordinatorAddress, keyFolder: String, count: Int) throws {
        self.address = address
        keys = try (0...(count / Self.poolSize)).map {
            try KeyFile(contentsOf: "\(keyFolder)/\(Self.keyName($0)).key")
        }
        context = try Context(maximumSockets: 8 * count + 100)
    }

    /// Lives until the standard input ends; for each line on it, the oldest worker dies and another
    /// one joins.
    ///
    /// - Parameter arguments: Address, folder of keys, count.
    /// - Throws: An error when a key cannot be read.
    static func live(_ arguments: [String]) throws {
        guard arguments.count == 3, let count = Int(arguments[2]) else { exit(64) }
        let crowd = try Crowd(
            address: CoordinatorAddress(arguments[0]), keyFolder: arguments[1], count: count)
        for _ in 0..<count { try crowd.join() }
        while readLine() != nil {
            // As the death of its process would.
            crowd.loops.removeFirst().stop()
            try crowd.join()
        }
    }

    private func join() throws {
        let nonce = UInt64.random(in: .min ... .max)
        let key = keys[made / Self.poolSize % keys.count]
        made += 1
        let loop = WorkerLoop(
            settings: WorkerSettings(
                name: "\(key.name)/\(made)", bootNonce: nonce, cores: 1, slots: 1, prefetch: 0,
                numericsFingerprint: ""),
            channel: try ZeroMQClient(
                connectingTo: address, as: PeerID(bootNonce: nonce), key: key, context: context)
        ) { _ in Echo() }
        loops.append(loop)
        Task {
            // They stand for machines elsewhere, and give way to the coordinator: threads inherit
            // what the one has that starts them, and Dispatch takes back what `nice` gave.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
            _ = try? await loop.run()
        }
    }
}
