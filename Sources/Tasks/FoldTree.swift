/// Folds values by a fixed binary tree over their indices, in whatever order they arrive.
///
/// The value of a node is its left child combined with its right one, so the result is the same
/// expression for every order of arrival, and an aligned block of indices may be folded elsewhere
/// first. Only the blocks between what has arrived are held: about log₂ of the count when values
/// come roughly in order.
package struct FoldTree<Value> {
    private struct Node: Hashable {
        var level: Int
        var index: Int
    }

    private let count: Int
    private let combine: (consuming Value, Value) -> Value
    private var waiting: [Node: Value] = [:]
    private var arrived: Set<Int> = []
    private var root: Value?

    /// A tree over `count` values.
    ///
    /// - Parameters:
    ///   - count: How many values will come.
    ///   - combine: The value of a node from its left and its right child.
    package init(count: Int, combine: @escaping (consuming Value, Value) -> Value) {
        precondition(count > 0, "an empty fold has no value")
        self.count = count
        self.combine = combine
    }

    /// Whether every value has arrived.
    package var isComplete: Bool { arrived.count == count }

    /// The folded value once every value has arrived, `nil` before.
    package var result: Value? { root }

    /// Puts in the value of an index; a second value for the same index is ignored.
    package mutating func insert(_ value: consuming Value, at index: Int) {
        precondition((0..<count).contains(index), "index outside the fold")
        guard arrived.insert(index).inserted else { return }
        var node = Node(level: 0, index: index)
        var value: Value = consume value
        while (1 << node.level) < count {
            let sibling = Node(level: node.level, index: node.index ^ 1)
            let exists = sibling.index << node.level < count
            if exists {
                guard let other = waiting.removeValue(forKey: sibling) else {
                    waiting[node] = value
                    return
                }
                value = node.index < sibling.index ? combine(value, other) : combine(other, value)
            }
            node = Node(level: node.level + 1, index: node.index >> 1)
        }
        root = value
    }
}
