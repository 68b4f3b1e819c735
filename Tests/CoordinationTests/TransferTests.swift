import Coordination
import Testing
import WireProtocol

@Suite("A transfer")
struct TransferTests {
    @Test(
        "arrives whole with credit for a window at a time",
        arguments: [1, 1000, 262_144, 4 << 20, 11_000_003])
    func window(total: Int) {
        let outgoing = OutgoingTransfer(id: 1, total: total)
        var incoming = IncomingTransfer(id: 1, total: total, window: 4 << 20)
        var queue = outgoing.chunks(offset: 0, length: 4 << 20)
        var requests = 0
        while !queue.isEmpty {
            #expect(queue.reduce(0) { $0 + $1.count } <= 4 << 20)
            let range = queue.removeFirst()
            let isNext = incoming.accept(offset: range.lowerBound, count: range.count)
            #expect(isNext)
            if let get = incoming.renewal() {
                requests += 1
                queue += outgoing.chunks(offset: get.offset, length: get.length)
            }
        }
        #expect(incoming.isComplete)
        #expect(requests <= total / (2 << 20))
    }

    @Test("ignores chunks that come twice, early or beyond the credit")
    func order() {
        var incoming = IncomingTransfer(id: 1, total: 100, window: 40)
        let answers = [(0, 10), (0, 10), (20, 10), (10, 40), (10, 30)].map {
            incoming.accept(offset: $0.0, count: $0.1)
        }
        #expect(answers == [true, false, false, false, true])
        #expect(incoming.received == 40)
    }

    @Test("goes on where an earlier one broke")
    func resumption() {
        var incoming = IncomingTransfer(id: 2, total: 100, window: 40, received: 70)
        let isNext = incoming.accept(offset: 70, count: 30)
        #expect(isNext)
        #expect(incoming.isComplete)
    }

    @Test(
        "answers requests outside with nothing",
        arguments: [(-1, 5), (100, 1), (0, 0), (Int.max, Int.max)])
    func outside(offset: Int, length: Int) {
        #expect(OutgoingTransfer(id: 1, total: 100).chunks(offset: offset, length: length).isEmpty)
    }
}
