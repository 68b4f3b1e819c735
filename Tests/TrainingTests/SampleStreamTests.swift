import Testing
import Training

@Suite("A sample stream")
struct SampleStreamTests {
    private let stream = SampleStream(name: "test", seed: 9, members: Array(10..<17))

    @Test("visits every member once per order, and fills a batch from the next one")
    func orders() {
        let (first, order) = stream.scans(from: 0, count: 7)
        #expect(first.sorted() == Array(10..<17))
        #expect(order == 0)
        let (second, _) = stream.scans(from: 7, count: 7)
        #expect(second.sorted() == Array(10..<17))
        let across = stream.scans(from: 5, count: 4)
        #expect(across.scans == Array(first[5...]) + Array(second[..<2]))
        #expect(across.order == 0)
        #expect(stream.scans(from: 8, count: 1).order == 1)
    }

    @Test("depends on its name and seed")
    func keyed() {
        let long = Array(0..<100)
        func order(_ name: String, _ seed: UInt64) -> [Int] {
            SampleStream(name: name, seed: seed, members: long).scans(from: 0, count: 100).scans
        }
        #expect(order("a", 1) == order("a", 1))
        #expect(order("a", 1) != order("a", 2))
        #expect(order("a", 1) != order("b", 1))
    }
}
