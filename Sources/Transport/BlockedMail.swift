internal import WireProtocol

/// Messages that wait for a full connection, in order per connection, within a limit of bytes.
struct BlockedMail {
    /// A message on its way out.
    struct Outgoing: Sendable {
        let message: EncodedMessage
        let peer: PeerID
        let lane: Lane
    }
    /// Where a message goes.
    struct Address: Hashable, Sendable {
        let peer: PeerID
        let lane: Lane
    }
    private struct Queue {
        var messages: [Outgoing] = []
        var bytes = 0
    }
    private var queues: [Address: Queue] = [:]

    /// As much as a peer may ask for at once.
    private static let limit = WireLimits.creditBytes

    var isEmpty: Bool { queues.isEmpty }

    /// Sends a message, or keeps it when its connection is full.
    ///
    /// - Returns: False when the peer asks for more than it takes; its messages are then dropped.
    mutating func send(
        _ outgoing: Outgoing, by attempt: (Outgoing) throws -> Bool
    ) throws -> Bool {
        let address = Address(peer: outgoing.peer, lane: outgoing.lane)
        guard var queue = queues[address] else {
            if try !attempt(outgoing) {
                queues[address] = Queue(
                    messages: [outgoing], bytes: outgoing.message.payload.count)
            }
            return true
        }
        queue.bytes += outgoing.message.payload.count + 1024
        guard queue.bytes <= Self.limit else {
            queues[address] = nil
            return false
        }
        // The copy in the table would make every append a copy of the queue.
        queues[address] = Queue()
        queue.messages.append(outgoing)
        queues[address] = queue
        return true
    }

    mutating func retry(by attempt: (Outgoing) throws -> Bool) throws {
        for (address, queue) in queues {
            var sent = 0
            while sent < queue.messages.count, try attempt(queue.messages[sent]) { sent += 1 }
            let rest = Array(queue.messages[sent...])
            let bytes = rest.reduce(0) { $0 + $1.message.payload.count + 1024 }
            queues[address] = rest.isEmpty ? nil : Queue(messages: rest, bytes: bytes)
        }
    }
}
