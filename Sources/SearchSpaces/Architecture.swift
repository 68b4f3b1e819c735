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

    /// The choices as digits, such as `03127…`, or the name of a published network.
    ///
    /// The catalogue has fewer than ten operations.
    package var code: String { baseline?.rawValue ?? choices.map(String.init).joined() }

    /// The architecture that a code names, or `nil` where it is neither digits nor such a name.
    package init?(code: String) {
        if let network = BaselineNetwork(rawValue: code) {
            self.init(network)
            return
        }
        let digits = code.utf8.map { Int($0) - 48 }
        guard !digits.isEmpty, digits.allSatisfy((0...9).contains) else { return nil }
        self.init(choices: digits)
    }

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
