/// What admins may ask of the coordinator's process, and which files workers may ask for.
package struct Administration: Sendable {
    /// Something that is done between two steps, by whoever runs the search.
    package enum Request: Hashable, Sendable {
        /// Save the state.
        case checkpoint
        /// Save the state and end.
        case stop
    }

    /// Takes a request; returns why it cannot be done, or `nil`.
    package var perform: @Sendable (Request) -> String?
    /// Answers a question that is not about workers and rounds, as JSON; `nil` for others.
    package var answer: @Sendable (String) -> String?
    /// The files that workers may fetch.
    package var shards: ShardCatalogue?

    /// An administration that knows of nothing.
    package init(
        perform: @escaping @Sendable (Request) -> String? = { _ in "this run cannot do that" },
        answer: @escaping @Sendable (String) -> String? = { _ in nil },
        shards: ShardCatalogue? = nil
    ) {
        self.perform = perform
        self.answer = answer
        self.shards = shards
    }
}
