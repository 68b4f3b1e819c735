/// A flat block of float32 per operator: weights, gradients, moments or batch-norm statistics.
///
/// An operator that is absent is untouched, which is not the same as a block of zeros.
package struct ParameterSet: Hashable, Sendable {
    /// The blocks, each in the order of its operator's ``OperatorLayout``.
    package var blocks: [OperatorID: [Float]]

    /// A set of the given blocks.
    package init(_ blocks: [OperatorID: [Float]] = [:]) {
        self.blocks = blocks
    }

    package subscript(id: OperatorID) -> [Float]? {
        get { blocks[id] }
        set { blocks[id] = newValue }
    }

    /// The operators present, in the order that sums run in.
    package var operators: [OperatorID] { blocks.keys.sorted() }

    /// The number of floats over all blocks.
    package var count: Int { blocks.values.reduce(0) { $0 + $1.count } }
}

extension ParameterSet {
    /// Initial parameters, a function of the seed and each parameter's name alone.
    ///
    /// - Parameters:
    ///   - layouts: The operators to make blocks for.
    ///   - seed: The run's seed.
    ///   - model: The name of the model, so that two models of a run start differently.
    package init(initializing layouts: [OperatorLayout], seed: UInt64, model: String) {
        blocks = [:]
        for layout in layouts {
            var block: [Float] = []
            block.reserveCapacity(layout.parameterCount)
            for parameter in layout.parameters {
                var stream = RandomStream(
                    seed: seed, name: "initial/\(model)/\(layout.id)/\(parameter.name)")
                for _ in 0..<parameter.count {
                    switch parameter.initialization {
                    case .uniform(let bound):
                        block.append(Float((2 * stream.nextUnit() - 1) * Double(bound)))
                    case .normal(let deviation):
                        block.append(Float(stream.nextNormal() * Double(deviation)))
                    case .constant(let value):
                        block.append(value)
                    }
                }
            }
            blocks[layout.id] = block
        }
    }
}
