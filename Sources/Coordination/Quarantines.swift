/// How long workers of a name stay away after one of them was put into quarantine.
///
/// A worker that is started again has a new address, but its machine has the same bad memory. With keys
/// a name belongs to whoever holds its key.
struct Quarantines: Sendable {
    /// What a worker stays away for.
    struct Term: Hashable, Sendable {
        let count: Int
        let end: Duration
        let reason: String
    }
    private var terms: [String: Term] = [:]

    /// The first time, and the longest that the doubling leads to.
    private static let length = Duration.seconds(60)...Duration.seconds(3600)
    /// Names to remember; those whose time is over go first.
    private static let limit = 4096

    /// Begins a term, twice as long as the name's last one.
    mutating func add(_ name: String, because reason: String, at now: Duration) {
        if terms.count >= Self.limit { terms = terms.filter { $0.value.end > now } }
        if terms.count >= Self.limit { terms = [:] }
        let count = (terms[name]?.count ?? 0) + 1
        let length = min(Self.length.upperBound, Self.length.lowerBound * (1 << min(count - 1, 10)))
        terms[name] = Term(count: count, end: now + length, reason: reason)
    }

    /// The term that a name is in; `nil` when it may join.
    func term(of name: String, at now: Duration) -> Term? {
        terms[name].flatMap { $0.end > now ? $0 : nil }
    }
}
