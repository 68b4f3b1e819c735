/// The name of one trainable building block of a network, such as `cell3.block1.k5e4`.
///
/// An operator is the unit that travels between coordinator and worker, that an optimiser's lazy
/// state belongs to, and that a gradient is present or absent for. Identifiers are ordered by name;
/// every sum over operators runs in that order, so that it has the same bits everywhere.
package struct OperatorID: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// The dotted name.
    package let name: String

    /// An identifier with the given dotted name.
    package init(_ name: String) {
        self.name = name
    }

    package static func < (left: OperatorID, right: OperatorID) -> Bool { left.name < right.name }

    package var description: String { name }
}
