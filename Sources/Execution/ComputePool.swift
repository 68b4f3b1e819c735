internal import CKernels
internal import Glibc
internal import Synchronization

/// Threads of its own that share the parts of one loop at a time.
///
/// The caller takes part. Between loops the others spin briefly, then yield, then sleep. Each is
/// pinned to a processor of its own, the caller for as long as ``pinned(_:)`` lasts, but only when
/// the process may use at least as many processors as there are threads: unpinned spinning is
/// slower than one thread. With one thread everything runs inline.
///
/// Which thread computes a part is left to chance; the engine's parts are independent outputs, so
/// the result does not depend on it.
package final class ComputePool {
    /// The number of threads, the caller included.
    package let threads: Int
    private let team: Team?

    /// A pool that is ready to run.
    ///
    /// - Parameters:
    ///   - threads: How many threads compute, the caller included; at least 1.
    ///   - group: Which share of the processors is the pool's: pools of one process that work at the
    ///     same time need different ones, or they halve each other.
    package init(threads: Int, group: Int = 0) {
        precondition(threads >= 1, "a compute pool needs a thread")
        self.threads = threads
        team = threads > 1 ? Team(helpers: threads - 1, group: group) : nil
    }

    deinit { team?.stop() }

    /// Calls `body` once for every part in `0..<count`, in any order, and returns when all are done.
    ///
    /// - Parameters:
    ///   - count: The number of parts.
    ///   - body: What to do; it must be safe to run for different parts at the same time.
    package func run(_ count: Int, _ body: (Int) -> Void) {
        guard let team, count > 1 else {
            for part in 0..<count { body(part) }
            return
        }
        team.run(count, body)
    }

    /// Calls `body` with the calling thread pinned to the pool's first processor.
    ///
    /// - Parameter body: What to do.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw.
    package func pinned<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let team, let first = team.processors.first else { return try body() }
        let before = Team.readAffinity()
        Team.setAffinity([first])
        defer { Team.setAffinity(before) }
        return try body()
    }
}

/// The helpers of a pool and the loop they are working on.
@safe private final class Team: @unchecked Sendable {
    // `@unchecked`: what the caller sets is written only while every helper waits, before the
    // releasing store to `generation` that starts them; the mutex and condition are the kernel's.
    private var body: ((Int) -> Void)?
    private var count = 0
    private var instructionSet: Int32 = 0
    private let generation = Atomic<Int>(0)
    private let next = Atomic<Int>(0)
    private let busy = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let helpers: Int
    private var handles: [pthread_t] = []
    /// One processor per thread, or empty when there are too few to pin.
    let processors: [Int32]

    init(helpers: Int, group: Int) {
        self.helpers = helpers
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
        let allowed = Team.readAffinity()
        let own = allowed.dropFirst(group * (helpers + 1)).prefix(helpers + 1)
        processors = own.count > helpers ? Array(own) : []
        for index in 1...helpers {
            var handle = pthread_t()
            let argument = unsafe Unmanaged.passRetained(Start(team: self, index: index))
            let code = unsafe pthread_create(
                &handle, nil,
                { pointer in
                    guard let pointer = unsafe pointer else { return nil }
                    let start = unsafe Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
                    start.team.help(index: start.index)
                    return nil
                }, argument.toOpaque())
            precondition(code == 0, "cannot start a compute thread: \(errorText(code))")
            handles.append(handle)
        }
    }

    private final class Start {
        let team: Team
        let index: Int

        init(team: Team, index: Int) {
            self.team = team
            self.index = index
        }
    }

    func stop() {
        stopping.store(true, ordering: .releasing)
        wake()
        for handle in handles { pthread_join(handle, nil) }
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func run(_ count: Int, _ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            self.body = body
            self.count = count
            instructionSet = vn_instruction_set()
            next.store(0, ordering: .relaxed)
            busy.store(helpers, ordering: .relaxed)
            wake()
            work(count, body)
            var spins = 0
            while busy.load(ordering: .acquiring) > 0 { pause(&spins) }
            self.body = nil
        }
    }

    private func wake() {
        generation.add(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
            unsafe pthread_mutex_lock(mutex)
            unsafe pthread_cond_broadcast(condition)
            unsafe pthread_mutex_unlock(mutex)
        }
    }

    private func work(_ count: Int, _ body: (Int) -> Void) {
        while true {
            let part = next.add(1, ordering: .relaxed).oldValue
            if part >= count { return }
            body(part)
        }
    }

    private func help(index: Int) {
        if !processors.isEmpty { Team.setAffinity([processors[index]]) }
        var seen = 0
        while true {
            var spins = 0
            while generation.load(ordering: .acquiring) == seen {
                if spins < Self.patience {
                    pause(&spins)
                } else {
                    sleep(while: seen)
                }
            }
            seen += 1
            if stopping.load(ordering: .acquiring) { return }
            if let body {
                vn_set_instruction_set(instructionSet)
                work(count, body)
            }
            busy.subtract(1, ordering: .releasing)
        }
    }

    private static let spins = 2_000
    private static let patience = 4_000

    /// Spins for a while, then yields the processor.
    private func pause(_ spins: inout Int) {
        spins += 1
        if spins < Self.spins { vn_pause() } else { sched_yield() }
    }

    private func sleep(while seen: Int) {
        sleepers.add(1, ordering: .sequentiallyConsistent)
        unsafe pthread_mutex_lock(mutex)
        while generation.load(ordering: .sequentiallyConsistent) == seen {
            unsafe pthread_cond_wait(condition, mutex)
        }
        unsafe pthread_mutex_unlock(mutex)
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
    }

    static func readAffinity() -> [Int32] {
        var list = [Int32](repeating: 0, count: 1024)
        let count = unsafe vn_read_affinity(&list, 1024)
        return Array(list.prefix(Int(count)))
    }

    static func setAffinity(_ processors: [Int32]) {
        // Failing to pin costs speed, not correctness.
        _ = unsafe vn_set_affinity(processors, Int32(processors.count))
    }
}

private func errorText(_ code: Int32) -> String { "error \(code)" }
