/// Keeps a flood of refusals from becoming a flood of reports: each kind of each origin is told at
/// once and then every ten seconds, with a count.
struct RefusalCounter {
    private struct Source: Hashable {
        let kind: String
        let origin: String
    }
    private struct Account {
        var toldAt: ContinuousClock.Instant
        var untold = 0
    }
    private var accounts: [Source: Account] = [:]

    /// All refusals so far.
    private(set) var total = 0

    private static let interval = Duration.seconds(10)
    private static let limit = 1024

    /// Counts a refusal.
    ///
    /// - Returns: The number to report now, or `nil` when it is too early.
    mutating func count(_ kind: String, of origin: String, at now: ContinuousClock.Instant) -> Int?
    {
        total += 1
        if accounts.count >= Self.limit {
            accounts = accounts.filter { now - $1.toldAt < Self.interval }
        }
        // A thousand origins within ten seconds are one flood.
        let source = Source(kind: kind, origin: accounts.count < Self.limit ? origin : "")
        guard var account = accounts[source] else {
            accounts[source] = Account(toldAt: now)
            return 1
        }
        account.untold += 1
        defer { accounts[source] = account }
        guard now - account.toldAt >= Self.interval else { return nil }
        defer { account = Account(toldAt: now) }
        return account.untold
    }
}
