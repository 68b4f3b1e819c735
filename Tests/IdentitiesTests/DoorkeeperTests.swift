import Identities
import Testing
import ZeroMQ

@Suite("A doorkeeper")
struct DoorkeeperTests {
    private let address = Array("w0000000000000001".utf8)

    private func list(_ entries: [AllowList.Entry]) throws -> AllowList {
        var list = AllowList(coordinator: key("c"))
        for entry in entries { try list.add(entry) }
        return list
    }

    private func key(_ letter: Character) -> String { String(repeating: letter, count: 40) }

    private func entry(_ name: String, _ letter: Character, _ role: KeyRole = .worker)
        -> AllowList.Entry
    {
        AllowList.Entry(name: name, role: role, publicKey: key(letter), issued: "2026-01-01")
    }

    @Test("lets in whom the list names, by the role that the key is for")
    func roles() throws {
        let keeper = Doorkeeper(list: try list([entry("ann", "a"), entry("bob", "b", .admin)]))
        #expect(try keeper.admit(key("a"), asking: .worker) == "ann")
        #expect(try keeper.admit(key("b"), asking: .admin) == "bob")
        #expect(
            throws: Doorkeeper.Refusal.otherRole(name: "ann", role: .worker, asked: .admin)
        ) { try keeper.admit(key("a"), asking: .admin) }
        #expect(
            throws: Doorkeeper.Refusal.otherRole(name: "bob", role: .admin, asked: .worker)
        ) { try keeper.admit(key("b"), asking: .worker) }
        #expect(throws: Doorkeeper.Refusal.unknownKey(key("x"))) {
            try keeper.admit(key("x"), asking: .worker)
        }
        #expect(throws: Doorkeeper.Refusal.noKey) { try keeper.admit(nil, asking: .worker) }
    }

    @Test("refuses a key that was revoked, message by message")
    func revoked() throws {
        var names = try list([entry("ann", "a")])
        var keeper = Doorkeeper(list: names)
        try keeper.check(key("a"), at: address, asking: .worker)
        try names.revoke("ann", at: "today")
        keeper.adopt(names)
        #expect(throws: Doorkeeper.Refusal.revoked(name: "ann", at: "today")) {
            try keeper.check(key("a"), at: address, asking: .worker)
        }
    }

    @Test("gives an address to the first key that uses it, and bars a thief")
    func theft() throws {
        var keeper = Doorkeeper(list: try list([entry("ann", "a"), entry("eve", "e")]))
        try keeper.check(key("a"), at: address, asking: .worker)
        let own = Array("w0000000000000002".utf8)
        try keeper.check(key("e"), at: own, asking: .worker)
        #expect(
            throws: Doorkeeper.Refusal.theft(
                of: "w0000000000000001", owner: "ann", thief: "eve")
        ) { try keeper.check(key("e"), at: address, asking: .worker) }
        #expect(throws: Doorkeeper.Refusal.barred(name: "eve")) {
            try keeper.check(key("e"), at: own, asking: .worker)
        }
        try keeper.check(key("a"), at: address, asking: .worker)
    }

    @Test("frees the address of a key that is good no more")
    func freedAddress() throws {
        var names = try list([entry("ann", "a"), entry("bob", "b")])
        var keeper = Doorkeeper(list: names)
        try keeper.check(key("a"), at: address, asking: .worker)
        try names.revoke("ann", at: "today")
        keeper.adopt(names)
        try keeper.check(key("b"), at: address, asking: .worker)
    }

    @Test("does not grow with the addresses of one key")
    func addressLimit() throws {
        var keeper = Doorkeeper(list: try list([entry("ann", "a"), entry("bob", "b")]))
        for number in 0..<3000 {
            try keeper.check(key("a"), at: Array("w\(number)".utf8), asking: .worker)
        }
        // The first ones were given up.
        try keeper.check(key("b"), at: Array("w0".utf8), asking: .worker)
        #expect(throws: Doorkeeper.Refusal.self) {
            try keeper.check(key("b"), at: Array("w2999".utf8), asking: .worker)
        }
    }

    @Test(
        "holds a worker to the name of its key",
        arguments: [("ann", true), ("ann/2", true), ("anna", false), ("bob", false), ("", false)])
    func names(claimed: String, isGood: Bool) throws {
        let keeper = Doorkeeper(list: try list([entry("ann", "a")]))
        if isGood {
            try keeper.check(name: claimed, of: key("a"))
        } else {
            #expect(throws: Doorkeeper.Refusal.otherName(claimed: claimed, key: "ann")) {
                try keeper.check(name: claimed, of: key("a"))
            }
        }
    }

    @Test("lets guests in without the list")
    func guests() throws {
        var keeper = Doorkeeper(list: try list([]))
        let pair = CurveKeyPair(publicKey: key("g"), secretKey: key("s"))
        keeper.welcome(
            KeyFile(name: "local", role: .worker, keys: pair, coordinator: key("c")))
        #expect(try keeper.admit(key("g"), asking: .worker) == "local")
        #expect(throws: Doorkeeper.Refusal.self) { try keeper.admit(key("g"), asking: .admin) }
        try keeper.check(name: "local-1", of: key("g"))
    }
}
