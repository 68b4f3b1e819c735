import RunConfiguration
import Tensors

/// Which steps of a search may be under way, the state that each reads, and the order in which what
/// they found is applied.
///
/// A step waits for the results of all of its tasks. Where the next step does not wait for that too,
/// nobody is idle at the end of a step, for the price of gradients that are a little old:
///
/// - **Fixed delay** `D` (0 unless the configuration says otherwise): step `t` reads the state that
///   the first `t - D` steps led to, and steps are applied in order. The result is a function of the
///   configuration, whoever computes what, and `D` is part of the configuration.
/// - **Bounded staleness** `s`: a step reads the newest state there is, and is applied when it is
///   done, with weight `1 / (1 + age)`, where `age` counts the steps applied since it began. No step
///   begins that could make the age of another exceed `s`. The result depends on who was fast.
///
/// A recording of candidates waits for every step before it, and no step reads a state from before
/// the last recording.
///
/// - SeeAlso: Ho et al., *More Effective Distributed ML via a Stale Synchronous Parallel Parameter
///   Server*, NIPS 2013, for the bound; Narayanan et al., *PipeDream*, SOSP 2019, for the delay.
package struct StepSchedule: Sendable {
    /// What a step found.
    package struct Finding: Sendable {
        /// What it does to the state.
        package var update: StepUpdate
        /// What it sampled.
        package let trace: StepTrace
        /// The number under which it began.
        package let step: Int

        /// What a step found.
        package init(update: StepUpdate, trace: StepTrace, step: Int) {
            self.update = update
            self.trace = trace
            self.step = step
        }
    }

    private let program: SearchProgram
    private let discipline: SearchConfiguration.Discipline
    /// States that steps still read, consecutive, the newest last.
    private var states: [SearchState]
    private var nextStep: Int
    /// Steps under way, with the number of steps that had been applied when each began.
    private var underWay: [Int: Int] = [:]
    /// Findings that wait for those of earlier steps.
    private var waiting: [Int: Finding] = [:]

    /// A schedule that goes on from a state, with nothing under way.
    package init(_ program: SearchProgram, from state: SearchState) {
        self.program = program
        discipline = program.configuration.search.discipline
        states = [state]
        nextStep = state.step
    }

    /// The newest state.
    package var current: SearchState { states[states.count - 1] }

    /// The oldest state that a step under way or to come reads: with the updates after it, all that
    /// a resumed search needs.
    package var oldest: SearchState { states[0] }

    /// Begins the next step if it may begin now.
    ///
    /// - Returns: The state that it reads, with the step's own numbers; `nil` while it must wait.
    package mutating func begin() -> SearchState? {
        let current = current
        guard nextStep < program.stepCount,
            !(current.step + 1..<nextStep + 1).contains(where: program.isRecorded)
        else { return nil }
        var view: SearchState
        switch discipline {
        case .fixedDelay(let delay):
            let wanted = max(oldest.step, nextStep - delay)
            guard wanted <= current.step else { return nil }
            view = states[wanted - oldest.step]
        case .boundedStaleness(let bound):
            let age = underWay.values.map { current.step - $0 }.max() ?? 0
            guard age + underWay.count <= bound else { return nil }
            view = current
        }
        underWay[nextStep] = current.step
        view.round = current.round + UInt64((nextStep - current.step) * program.roundsPerStep)
        view.step = nextStep
        nextStep += 1
        return view
    }

    /// Takes what a step found.
    ///
    /// - Returns: What is to be applied now, in this order.
    package mutating func finish(_ finding: Finding) -> [Finding] {
        let began = underWay.removeValue(forKey: finding.step)
        switch discipline {
        case .fixedDelay:
            waiting[finding.step] = finding
            var ready: [Finding] = []
            while let next = waiting.removeValue(forKey: current.step + ready.count) {
                ready.append(next)
            }
            return ready
        case .boundedStaleness:
            let age = current.step - (began ?? current.step)
            var weighted = finding
            weighted.update = finding.update.weighted(
                by: 1 / Float(1 + age), step: current.step, round: current.round)
            return [weighted]
        }
    }

    /// Applies what a step found.
    package mutating func apply(_ update: StepUpdate) {
        if case .fixedDelay(let delay) = discipline, delay > 0 {
            states.append(current)
            if states.count > delay + 1 { states.removeFirst() }
        }
        program.apply(update, to: &states[states.count - 1])
        nextStep = max(nextStep, current.step)
    }

    /// Goes on from the state after a recording; no step may be under way.
    package mutating func goOn(from state: SearchState) {
        precondition(underWay.isEmpty && waiting.isEmpty, "a recording waits for every step")
        states = [state]
        nextStep = state.step
    }
}

extension StepUpdate {
    /// The update as the one of another step, and as a part of itself.
    fileprivate func weighted(by weight: Float, step: Int, round: UInt64) -> StepUpdate {
        var update = StepUpdate(step: step, round: round)
        update.alphaGradient = alphaGradient.map { $0.map { $0 * weight } }
        update.gradients = gradients
        if weight != 1 { update.gradients.scale(by: weight) }
        update.alphaLoss = alphaLoss
        update.loss = loss
        update.poison = poison
        return update
    }
}
