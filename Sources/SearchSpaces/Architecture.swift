/// One network of a search space: the index of the chosen operation in every slot.
package struct Architecture: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The chosen column of alpha for each slot, from the input on.
    package let choices: [Int]

    /// An architecture of the given choices.
    package init(choices: [Int]) {
        self.choices = choices
    }

    /// The same operation in every slot.
    package init(repeating choice: Int, in space: SearchSpace) {
        choices = Array(repeating: choice, count: space.slotCount)
    }

    /// The choices as digits, such as `03127…`: compact, and unique within a space.
    package var code: String { choices.map(String.init).joined(separator: choices.contains { $0 > 9 } ? "." : "") }

    package var description: String { code }

    /// The chosen operations of a space.
    ///
    /// - Precondition: The architecture has as many choices as the space has slots.
    package func operations(in space: SearchSpace) -> [CandidateOperation] {
        precondition(isValid(in: space), "architecture \(code) does not belong to this space")
        return choices.map { space.operations[$0] }
    }

    /// Whether every choice names an operation of the space, one per slot.
    package func isValid(in space: SearchSpace) -> Bool {
        choices.count == space.slotCount && choices.allSatisfy(space.operations.indices.contains)
    }
}
