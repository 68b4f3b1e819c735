internal import Tensors

/// Access to many arrays at once, without copying any.
enum ParameterBlocks {
    /// Calls `body` with a pointer to each block.
    static func withPointers<Result>(
        _ blocks: [[Float]], _ body: ([UnsafePointer<Float>]) throws -> Result
    ) rethrows -> Result {
        func open(
            _ index: Int, _ pointers: inout [UnsafePointer<Float>]
        ) throws -> Result {
            guard index < blocks.count else { return unsafe try body(pointers) }
            return unsafe try blocks[index].withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else {
                    preconditionFailure("an operator without parameters")
                }
                unsafe pointers.append(base)
                return unsafe try open(index + 1, &pointers)
            }
        }
        var pointers: [UnsafePointer<Float>] = unsafe []
        return unsafe try open(0, &pointers)
    }

    /// Makes arrays of the given counts and lets `body` write them.
    static func make<Result>(
        counts: [Int], _ body: ([UnsafeMutablePointer<Float>]) throws -> Result
    ) rethrows -> (blocks: [[Float]], result: Result) {
        var blocks: [[Float]] = Array(repeating: [], count: counts.count)
        var pointers: [UnsafeMutablePointer<Float>] = unsafe []
        func open(_ index: Int) throws -> Result {
            guard index < counts.count else { return unsafe try body(pointers) }
            var result: Result?
            blocks[index] = unsafe try [Float](
                unsafeUninitializedCapacity: max(counts[index], 1)
            ) { buffer, count in
                guard let base = buffer.baseAddress else {
                    preconditionFailure("an array without memory")
                }
                unsafe pointers.append(base)
                result = try open(index + 1)
                count = counts[index]
            }
            guard let result else { preconditionFailure("the body did not run") }
            return result
        }
        let result = try open(0)
        return (blocks, result)
    }
}
