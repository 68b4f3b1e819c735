/// A dense array of float32 with value semantics; the last axis varies fastest.
///
/// The engine's activations are `[N, D, H, W, C]` (channels last); doc comments name the axes where
/// they differ.
package struct Tensor: Hashable, Sendable {
    /// The extent of each axis.
    package let shape: [Int]

    /// The elements in row-major order; as many as the product of `shape`.
    package var elements: [Float]

    /// Wraps elements that are already in row-major order.
    package init(shape: [Int], elements: [Float]) {
        precondition(shape.reduce(1, *) == elements.count, "shape and element count disagree")
        self.shape = shape
        self.elements = elements
    }

    /// A tensor filled with one value.
    package init(repeating value: Float, shape: [Int]) {
        self.shape = shape
        self.elements = Array(repeating: value, count: shape.reduce(1, *))
    }

    /// The number of elements.
    package var count: Int { elements.count }
}
