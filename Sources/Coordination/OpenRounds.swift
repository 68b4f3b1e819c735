internal import Tasks

/// The rounds that are open at the same time, and what has become of each task of theirs.
///
/// Steps that do not wait for each other have rounds that overlap; the oldest round is served first.
package struct OpenRounds: Sendable {
    /// By number, ascending.
    private var ledgers: [RoundLedger] = []

    /// The round that has been numbered first.
    package var oldest: RoundLedger? { ledgers.first }

    /// Every round, oldest first.
    package var all: [RoundLedger] { ledgers }

    /// Whether no round is open.
    package var isEmpty: Bool { ledgers.isEmpty }

    /// The number of tasks that nobody has.
    package var pendingCount: Int { ledgers.reduce(0) { $0 + $1.pendingCount } }

    /// Bytes of results that are being received or wait for their reader.
    package var bytesUnderWay: Int { ledgers.reduce(0) { $0 + $1.bytesUnderWay } }

    /// The round of a number.
    package subscript(number: UInt64) -> RoundLedger? {
        place(of: number).map { ledgers[$0] }
    }

    /// What has become of a task; `nil` when it belongs to no open round.
    subscript(key: TaskKey) -> RoundLedger.Entry? {
        guard let place = place(of: key.round), let index = ledgers[place].index(of: key) else {
            return nil
        }
        return ledgers[place].entries[index]
    }

    /// Whether the task belongs to an open round.
    func contains(_ key: TaskKey) -> Bool {
        place(of: key.round).map { ledgers[$0].index(of: key) != nil } ?? false
    }

    /// Whether every result of a round counts.
    func isComplete(_ number: UInt64) -> Bool { self[number]?.isComplete ?? false }

    /// Tasks that nobody has, oldest first.
    var pending: [TaskKey] { keys(\.pending) }

    /// Tasks with results that wait for their turn, oldest first.
    var offered: [TaskKey] { keys(\.offered) }

    /// Tasks with results that wait for others, oldest first.
    var disputed: [TaskKey] { keys(\.disputed) }

    mutating func insert(_ ledger: RoundLedger) {
        let place = ledgers.firstIndex { $0.number > ledger.number } ?? ledgers.endIndex
        ledgers.insert(ledger, at: place)
    }

    @discardableResult
    mutating func remove(_ number: UInt64) -> RoundLedger? {
        place(of: number).map { ledgers.remove(at: $0) }
    }

    /// Changes what has become of a task; without effect when its round is over.
    mutating func update(_ key: TaskKey, _ change: (inout RoundLedger.Entry) -> Void) {
        guard let place = place(of: key.round), let index = ledgers[place].index(of: key) else {
            return
        }
        ledgers[place].update(index, change)
    }

    private func place(of number: UInt64) -> Int? {
        ledgers.firstIndex { $0.number == number }
    }

    private func keys(_ indices: KeyPath<RoundLedger, Set<Int>>) -> [TaskKey] {
        ledgers.flatMap { ledger in
            ledger[keyPath: indices].sorted().map { TaskKey(round: ledger.number, index: $0) }
        }
    }
}
