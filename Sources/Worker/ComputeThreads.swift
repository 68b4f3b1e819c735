internal import Dispatch
internal import Foundation
internal import ProcessMeters
internal import Synchronization

/// Threads of their own for work that lasts seconds; Swift's shared pool would starve under it.
final class ComputeThreads: Sendable {
    typealias Work = @Sendable () -> Void

    private struct Queue {
        var work: [Work] = []
        var isClosed = false
    }
    private let queue = Mutex(Queue())
    private let clocks = Mutex<[ThreadClock]>([])
    private let signal = DispatchSemaphore(value: 0)
    private let count: Int

    init(count: Int) {
        self.count = count
        for index in 0..<count {
            let thread = Thread { [self] in
                clocks.withLock { $0.append(ThreadClock()) }
                while let work = next() { work() }
            }
            thread.name = "voxelnas-compute-\(index)"
            thread.stackSize = 16 << 20
            thread.start()
        }
    }

    func add(_ work: @escaping Work) {
        queue.withLock { $0.work.append(work) }
        signal.signal()
    }

    /// Processor time that the threads have used so far, without what their helpers have.
    var processorTime: Duration {
        clocks.withLock { clocks in clocks.reduce(.zero) { $0 + $1.time } }
    }

    /// Ends the threads after what they are doing.
    func close() {
        clocks.withLock { $0 = [] }
        queue.withLock {
            $0.work = []
            $0.isClosed = true
        }
        for _ in 0..<count { signal.signal() }
    }

    private func next() -> Work? {
        while true {
            signal.wait()
            let (work, isClosed) = queue.withLock { queue in
                (queue.work.isEmpty ? nil : queue.work.removeFirst(), queue.isClosed)
            }
            if isClosed { return nil }
            if let work { return work }
        }
    }
}
