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

    private var members: [PeerID: Member] = [:]
    /// In the order that they joined in; leases are spread in this order.
    private var order: [PeerID] = []

    /// The worker at an address.
    package subscript(peer: PeerID) -> Member? { members[peer] }

    /// The workers in the order that they joined in.
    package var all: [Member] { order.compactMap { members[$0] } }

    /// The number of workers.
    package var count: Int { order.count }

    mutating func admit(_ hello: Hello, from peer: PeerID, session: UInt64, at now: Duration) {
        if var known = members[peer] {
            known.hello = hello
            known.session = session
            known.heardAt = now
            known.disconnectedAt = nil
            known.slots = 0
            known.prefetch = 0
            if known.status != .quarantined { known.status = .preparing }
            members[peer] = known
            return
        }
        members[peer] = Member(
            peer: peer, hello: hello, session: session, heardAt: now, progressAt: now, joinedAt: now
        )
        order.append(peer)
    }

    mutating func update(_ peer: PeerID, _ change: (inout Member) -> Void) {
        guard var member = members[peer] else { return }
        change(&member)
        members[peer] = member
    }

    mutating func remove(_ peer: PeerID) {
        guard members.removeValue(forKey: peer) != nil else { return }
        order.removeAll { $0 == peer }
    }
}
