/// Sums and multiples of sets, block by block.
extension ParameterSet {
    /// Multiplies every element.
    package mutating func scale(by factor: Float) {
        for id in Array(blocks.keys) {
            guard var block = blocks.removeValue(forKey: id) else { continue }
            for index in block.indices { block[index] *= factor }
            blocks[id] = block
        }
    }

    /// Adds another set; an operator that only one of the two has is taken as it is.
    ///
    /// - Precondition: Blocks of the same operator have the same size.
    package mutating func add(_ other: ParameterSet) {
        for (id, addend) in other.blocks {
            guard var block = blocks.removeValue(forKey: id) else {
                blocks[id] = addend
                continue
            }
            precondition(block.count == addend.count, "blocks of \(id) differ in size")
            for index in block.indices { block[index] += addend[index] }
            blocks[id] = block
        }
    }

    /// Whether no element is infinite or not a number.
    package var isFinite: Bool {
        blocks.values.allSatisfy { $0.isBounded(by: .greatestFiniteMagnitude) }
    }
}
