import Foundation
import ProcessMeters
import Synchronization
import Testing

@Suite("Meters of the process")
struct ProcessMetersTests {
    @Test("count memory that is used")
    func memory() throws {
        let before = try #require(ProcessMemory.residentBytes)
        #expect(before > 1 << 20)
        let block = [UInt8](repeating: 1, count: 256 << 20)
        let after = try #require(ProcessMemory.residentBytes)
        #expect(after - before > 100 << 20)
        #expect(block.last == 1)
    }

    @Test("count the time of one thread, and not that of another")
    func time() throws {
        let idle = ThreadClock()
        let start = idle.time
        let used = Mutex(Duration.zero)
        let done = DispatchSemaphore(value: 0)
        Thread {
            let own = ThreadClock()
            let begin = own.time
            while own.time - begin < .milliseconds(300) {}
            used.withLock { $0 = own.time - begin }
            done.signal()
        }.start()
        done.wait()
        #expect(used.withLock { $0 } >= .milliseconds(300))
        #expect(idle.time - start < .milliseconds(150))
        #expect(idle.time >= start)
    }
}
