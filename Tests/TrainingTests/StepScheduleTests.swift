import RunConfiguration
import Tasks
import Tensors
import Testing
import ToySearch
import Training

@Suite("The schedule of steps")
struct StepScheduleTests {
    private typealias Finding = StepSchedule.Finding

    private static func program(_ overrides: String...) throws -> SearchProgram {
        var configuration = try ToySearch.configuration()
        configuration.search.epochs = 12
        for text in overrides {
            let parts = text.split(separator: "=")
            let value = try #require(Int(parts[1]))
            switch parts[0] {
            case "delay": configuration.search.delay = value
            case "staleness": configuration.search.staleness = value
            default: configuration.search.recordEvery = value
            }
        }
        return try ToySearch.program(configuration)
    }

    /// A finding without gradients, for tests of the order alone.
    private static func empty(_ view: SearchState) -> Finding {
        Finding(
            update: StepUpdate(step: view.step, round: view.round),
            trace: StepTrace(step: view.step, temperature: 1), step: view.step)
    }

    /// The search up to a step, each step computed when the schedule allows it and taken in the
    /// order that `choice` picks; and the steps whose state each read.
    private func run(
        _ program: SearchProgram, to end: Int, choice: (Int) -> Int
    ) async throws -> (state: SearchState, reads: [Int: Int]) {
        let executor = LocalRoundExecutor(try ToySearch.runner(program.configuration))
        var schedule = StepSchedule(program, from: ToySearch.start(program))
        var roots = [schedule.current.root: 0]
        var reads: [Int: Int] = [:]
        var done: [Finding] = []
        while schedule.current.step < end {
            while let view = schedule.begin() {
                reads[view.step] = roots[view.root]
                let (update, trace) = try await program.update(of: view, on: executor)
                done.append(Finding(update: update, trace: trace, step: view.step))
            }
            let finding = done.remove(at: choice(done.count))
            for ready in schedule.finish(finding) {
                schedule.apply(ready.update)
                roots[schedule.current.root] = schedule.current.step
            }
            if program.isRecorded(schedule.current.step), done.isEmpty {
                var state = schedule.current
                state.closeEpoch(state.step / program.stepsPerEpoch - 1, scoring: 2, rows: [])
                schedule.goOn(from: state)
                roots[state.root] = state.step
            }
        }
        return (schedule.current, reads)
    }

    @Test("reads with a delay of two what two steps before led to, whoever is first")
    func delay() async throws {
        let program = try Self.program("delay=2", "recordEvery=3")
        let (inOrder, reads) = try await run(program, to: 6) { _ in 0 }
        let (reversed, _) = try await run(program, to: 6) { $0 - 1 }
        #expect(inOrder.root == reversed.root)
        // An epoch is one step; a recording after three steps waits for all of them.
        #expect(program.stepsPerEpoch == 1)
        #expect(reads.sorted { $0.key < $1.key }.map(\.value).prefix(6) == [0, 0, 0, 3, 3, 3])
        let (exact, own) = try await run(try Self.program("recordEvery=3"), to: 6) { _ in 0 }
        #expect(exact.root != inOrder.root)
        #expect(own.sorted { $0.key < $1.key }.map(\.value).prefix(6) == [0, 1, 2, 3, 4, 5])
    }

    @Test("goes on with a delay from the oldest state and the updates after it")
    func resumes() async throws {
        let program = try Self.program("delay=1", "recordEvery=100")
        let executor = LocalRoundExecutor(try ToySearch.runner(program.configuration))
        var whole = StepSchedule(program, from: ToySearch.start(program))
        var resumed: StepSchedule?
        var updates: [StepUpdate] = []
        for step in 0..<4 {
            if step == 3 {
                var other = StepSchedule(program, from: whole.oldest)
                for update in updates where update.step >= whole.oldest.step {
                    other.apply(update)
                }
                resumed = other
            }
            let begun = whole.begin()
            let view = try #require(begun)
            let (update, trace) = try await program.update(of: view, on: executor)
            for ready in whole.finish(.init(update: update, trace: trace, step: step)) {
                whole.apply(ready.update)
                updates.append(ready.update)
            }
        }
        #expect(whole.oldest.step == 3)
        var other = try #require(resumed)
        let next = other.begin()
        let view = try #require(next)
        let (update, trace) = try await program.update(of: view, on: executor)
        for ready in other.finish(.init(update: update, trace: trace, step: 3)) {
            other.apply(ready.update)
        }
        #expect(other.current.root == whole.current.root)
    }

    @Test("lets no step be older than the bound, whoever is slow", arguments: [1, 3])
    func staleness(bound: Int) throws {
        let program = try Self.program("staleness=\(bound)", "recordEvery=100")
        var schedule = StepSchedule(program, from: ToySearch.start(program))
        var stream = RandomStream(seed: 1, name: "staleness", counters: 0)
        var underWay: [(view: SearchState, began: Int)] = []
        var oldest = 0
        var widest = 0
        while schedule.current.step < program.stepCount {
            while let view = schedule.begin() {
                underWay.append((view, schedule.current.step))
            }
            widest = max(widest, underWay.count)
            // The first stays as long as it can.
            let place = underWay.count == 1 ? 0 : 1 + stream.next(below: underWay.count - 1)
            let (view, began) = underWay.remove(at: place)
            var finding = Self.empty(view)
            finding.update.alphaGradient = Array(repeating: 1, count: 24)
            let age = schedule.current.step - began
            oldest = max(oldest, age)
            for ready in schedule.finish(finding) {
                #expect(ready.update.step == schedule.current.step)
                #expect(ready.update.round == schedule.current.round)
                #expect(ready.update.alphaGradient?.first == 1 / Float(1 + age))
                schedule.apply(ready.update)
            }
        }
        #expect(oldest == bound)
        #expect(widest == bound + 1)
    }

    @Test("gives every step under way rounds of its own")
    func rounds() throws {
        let program = try Self.program("delay=3", "recordEvery=100")
        var schedule = StepSchedule(program, from: ToySearch.start(program))
        var rounds: [UInt64] = []
        while let view = schedule.begin() { rounds.append(view.round) }
        #expect(rounds == [0, 2, 4, 6])
    }

    @Test("refuses both at once")
    func both() {
        #expect(throws: ConfigurationError.self) {
            try ToySearch.configuration("search.delay=1", "search.staleness=1")
        }
    }
}
