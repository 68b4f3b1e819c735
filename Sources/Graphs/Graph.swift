package import Tensors

/// A network as a value: its nodes in the order of computation, and its operators.
///
/// One value serves shape inference and cost, the executor's plan, the list of operators that a
/// sampled path touches, and exports. Building one takes microseconds.
package struct Graph: Hashable, Sendable {
    /// The nodes; each reads only earlier ones, the last gives the logits.
    package let nodes: [Node]
    /// The operators that the nodes refer to, in the order of first use.
    package let operators: [OperatorLayout]
    /// The node whose maps are averaged into the classifier's input (class activation maps).
    package let features: Int
    /// The number of searched slots.
    package let slotCount: Int

    /// The size of the input volume.
    package var inputSize: VolumeSize { nodes[0].size }
    /// The channels of the input volume.
    package var inputChannels: Int { nodes[0].channels }
    /// The number of classes.
    package var classes: Int { nodes[nodes.count - 1].channels }
}
