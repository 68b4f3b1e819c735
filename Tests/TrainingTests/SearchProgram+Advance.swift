import Tasks
import Training

extension SearchProgram {
    /// Advances a search by one step that waits for everything before it.
    ///
    /// - Returns: What was sampled and how it went.
    /// - Throws: What the executor throws; the state is then as before.
    @discardableResult
    func advance(
        _ state: inout SearchState, on executor: some RoundExecutor
    ) async throws -> StepTrace {
        let (update, trace) = try await self.update(of: state, on: executor)
        apply(update, to: &state)
        return trace
    }
}
