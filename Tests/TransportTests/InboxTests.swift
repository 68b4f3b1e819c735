import Testing
import Transport

@Suite("An inbox")
struct InboxTests {
    @Test("gives what is urgent before the rest, also between two of the rest")
    func urgency() {
        let inbox = Inbox<Int>()
        inbox.push(1, weight: 5)
        inbox.push(2, isUrgent: true)
        inbox.push(3)
        #expect(inbox.count == 3)
        #expect(inbox.take(within: .zero) == [2, 1, 3])
        #expect(inbox.weight == 0)
        inbox.push(4)
        inbox.push(5, isUrgent: true)
        #expect(inbox.takeUrgent() == [5])
        #expect(inbox.takeUrgent() == [])
        #expect(inbox.take(within: .zero) == [4])
        #expect(inbox.take(within: .milliseconds(1)) == [])
    }
}
