import Testing
import WireProtocol

@Suite("Blocks of floats")
struct FloatBlocksTests {
    private let blocks: [[Float]] = [[1, 2, 3], [], [-0.0, .nan, .infinity, 4], [5]]

    @Test(
        "arrive as they left, whatever the chunk size", arguments: [1, 3, 4, 5, 12, 31, 32, 1000])
    func transfer(chunk: Int) throws {
        let outgoing = OutgoingBlocks(blocks)
        var incoming = IncomingBlocks(counts: blocks.map(\.count))
        #expect(outgoing.byteCount == 32)
        for start in stride(from: 0, to: outgoing.byteCount, by: chunk) {
            let payload = outgoing.payload(start..<min(start + chunk, outgoing.byteCount))
            let fits = incoming.write(payload, at: start)
            #expect(fits)
        }
        #expect(incoming.blocks.map { $0.map(\.bitPattern) } == blocks.map { $0.map(\.bitPattern) })
        #expect(OutgoingBlocks(incoming.blocks).digest == outgoing.digest)
    }

    @Test("refuse bytes outside", arguments: [(-1, 4), (29, 4), (32, 1), (Int.max, 4), (0, 33)])
    func outside(offset: Int, count: Int) {
        var incoming = IncomingBlocks(counts: [8])
        let fits = incoming.write(.bytes([UInt8](repeating: 1, count: count)), at: offset)
        #expect(!fits)
        #expect(incoming.blocks == [[Float](repeating: 0, count: 8)])
    }

    @Test("name the first block that is not finite")
    func finiteness() {
        var incoming = IncomingBlocks(counts: blocks.map(\.count))
        #expect(incoming.firstNonFiniteBlock == nil)
        let all = OutgoingBlocks(blocks)
        let fits = incoming.write(all.payload(0..<all.byteCount), at: 0)
        #expect(fits)
        #expect(incoming.firstNonFiniteBlock == 2)
    }
}
