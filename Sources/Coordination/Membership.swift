package import WireProtocol

/// The workers that the coordinator knows.
package struct Membership: Sendable {
    /// A worker as the coordinator sees it.
    package struct Member: Hashable, Sendable {
        /// How much is expected of a worker.
        package enum Status: String, Hashable, Codable, Sendable {
            /// Greeted; prepares data and model.
            case preparing
            /// Takes leases.
            case active
            /// Silent for a while, or its connection closed.
            case suspect
            /// Finishes what it has.
            case draining
            /// Sent what no honest worker of this version sends.
            case quarantined
        }

        /// The worker's address.
        package let peer: PeerID
        /// The worker's greeting.
        package internal(set) var hello: Hello
        /// The admission.
        package internal(set) var session: UInt64
        /// What the worker does.
        package internal(set) var status = Status.preparing
        /// Tasks at the same time.
        package internal(set) var slots = 0
        /// Leases beyond those.
        package internal(set) var prefetch = 0
        /// When the worker was last heard.
        package internal(set) var heardAt: Duration
        /// When its connection closed, if it did and the worker has not been heard since.
        package internal(set) var disconnectedAt: Duration?
        /// The worker's own count of how far it is.
        package internal(set) var progress: UInt64 = 0
        /// When that count last moved.
        package internal(set) var progressAt: Duration
        /// The worker's memory in use.
        package internal(set) var residentBytes = 0
        /// Results that counted.
        package internal(set) var accepted = 0
        /// When the worker was first admitted.
        package let joinedAt: Duration
    }

    /// The workers in the order that they joined in; leases are spread in this order.
    package private(set) var all: [Member] = []
    private var places: [PeerID: Int] = [:]

    /// The worker at an address.
    package subscript(peer: PeerID) -> Member? { places[peer].map { all[$0] } }

    /// The number of workers.
    package var count: Int { all.count }

    mutating func admit(_ hello: Hello, from peer: PeerID, session: UInt64, at now: Duration) {
        guard let place = places[peer] else {
            places[peer] = all.count
            all.append(
                Member(
                    peer: peer, hello: hello, session: session, heardAt: now, progressAt: now,
                    joinedAt: now))
            return
        }
        all[place].hello = hello
        all[place].session = session
        all[place].heardAt = now
        all[place].disconnectedAt = nil
        all[place].slots = 0
        all[place].prefetch = 0
        if all[place].status != .quarantined { all[place].status = .preparing }
    }

    mutating func update(_ peer: PeerID, _ change: (inout Member) -> Void) {
        guard let place = places[peer] else { return }
        change(&all[place])
    }

    mutating func remove(_ peer: PeerID) {
        guard let place = places.removeValue(forKey: peer) else { return }
        all.remove(at: place)
        for later in place..<all.count { places[all[later].peer] = later }
    }
}
