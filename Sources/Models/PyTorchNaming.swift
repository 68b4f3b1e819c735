package import SearchSpaces
package import Tensors

/// The names and layouts that a path's tensors have in a PyTorch model of the same structure.
///
/// PyTorch's weights have our axes in reverse: `[out, in, kernel]` for our `[kernel, in, out]`.
package struct PyTorchNaming: Sendable {
    /// One parameter or statistic: where it is here, and there.
    package struct Entry: Hashable, Sendable {
        /// The name in a `state_dict`, such as `slots.3.expand_bn.running_mean`.
        package let name: String
        /// The extents in PyTorch.
        package let shape: [Int]
        /// The operator that it belongs to.
        package let id: OperatorID
        /// Its place in the operator's parameter block, or in its statistics block.
        package let range: Range<Int>
        /// Its extents here.
        package let ownShape: [Int]
    }

    /// The parameters, in our order.
    package let parameters: [Entry]
    /// The running means and variances, in our order.
    package let statistics: [Entry]

    /// The names of a path's tensors.
    ///
    /// - Parameters:
    ///   - architecture: The path; its slots are numbered from the input on.
    ///   - supernet: The supernet.
    package init(of architecture: Architecture, in supernet: CovidNet3DSupernet) {
        var parameters: [Entry] = []
        var statistics: [Entry] = []
        let slots = supernet.space.slots
        for layout in supernet.operators(of: architecture) {
            let prefix = Self.prefix(layout.id, slots)
            var start = 0
            for parameter in layout.parameters {
                parameters.append(
                    Entry(
                        name: prefix + parameter.name, shape: Self.shape(parameter),
                        id: layout.id, range: start..<(start + parameter.count),
                        ownShape: parameter.shape))
                start += parameter.count
            }
            start = 0
            for normalization in layout.normalizations {
                for (suffix, index) in [("running_mean", 0), ("running_var", 1)] {
                    let first = start + index * normalization.channels
                    statistics.append(
                        Entry(
                            name: "\(prefix)\(normalization.name).\(suffix)",
                            shape: [normalization.channels], id: layout.id,
                            range: first..<(first + normalization.channels),
                            ownShape: [normalization.channels]))
                }
                start += 2 * normalization.channels
            }
        }
        self.parameters = parameters
        self.statistics = statistics
    }

    private static func prefix(_ id: OperatorID, _ slots: [SearchSpace.Slot]) -> String {
        if id.name == "first" { return "first_" }
        let place = slots.firstIndex { id.name.hasPrefix("cell\($0.cell).block\($0.block).") }
        return place.map { "slots.\($0)." } ?? ""
    }

    private static func shape(_ parameter: ParameterSpecification) -> [Int] {
        func cube(_ taps: Int) -> [Int] {
            let edge = (1...taps).first { $0 * $0 * $0 >= taps } ?? 1
            return [edge, edge, edge]
        }
        let extents = parameter.shape
        return switch extents.count {
        case 3: [extents[2], extents[1]] + cube(extents[0])
        case 2 where parameter.name.hasPrefix("depthwise"): [extents[1], 1] + cube(extents[0])
        case 2 where parameter.name.hasPrefix("classifier"): [extents[1], extents[0]]
        case 2: [extents[1], extents[0], 1, 1, 1]
        default: extents
        }
    }
}

extension PyTorchNaming {
    /// Collects parameter blocks, or gradients, from tensors in PyTorch's layout.
    ///
    /// - Parameters:
    ///   - entries: ``parameters`` or ``statistics``.
    ///   - tensor: The elements of a name in PyTorch's layout.
    /// - Returns: One block per operator.
    package static func blocks(
        _ entries: [Entry], from tensor: (String) throws -> [Float]
    ) rethrows -> ParameterSet {
        var set = ParameterSet()
        for entry in entries {
            let values = reversingAxes(try tensor(entry.name), shape: entry.ownShape.reversed())
            set.blocks[entry.id, default: []].append(contentsOf: values)
        }
        return set
    }

    /// An entry's elements in PyTorch's layout.
    ///
    /// - Parameters:
    ///   - entry: Which.
    ///   - set: The blocks that have it.
    /// - Returns: The elements in the order of `entry.shape`, or `nil` if the block is absent.
    package static func elements(_ entry: Entry, in set: ParameterSet) -> [Float]? {
        set[entry.id].map { reversingAxes(Array($0[entry.range]), shape: entry.ownShape) }
    }

    /// The same elements with the order of the axes reversed.
    private static func reversingAxes(_ elements: [Float], shape: [Int]) -> [Float] {
        guard shape.count > 1 else { return elements }
        let (first, middle, last) = (
            shape[0], shape.count > 2 ? shape[1] : 1, shape[shape.count - 1]
        )
        var result = [Float](repeating: 0, count: elements.count)
        for i in 0..<first {
            for j in 0..<middle {
                for k in 0..<last {
                    result[(k * middle + j) * first + i] = elements[(i * middle + j) * last + k]
                }
            }
        }
        return result
    }
}
