extension SafetensorsFile {
    /// Elements of an unsigned 8-bit, signed 16-bit or float32 tensor as floats, with a number added.
    ///
    /// They go from the mapping to the result in one pass, which takes about as long as copying them.
    ///
    /// - Parameters:
    ///   - name: The tensor's name.
    ///   - range: Elements from the start of the tensor.
    ///   - offset: What is added to each.
    /// - Returns: The elements in row-major order.
    /// - Throws: ``SafetensorsError`` for an unknown name, another element type or a range outside.
    package func floats(
        of name: String, in range: Range<Int>, adding offset: Float
    ) throws(SafetensorsError) -> [Float] {
        let entry = try entry(name)
        guard [.uint8, .int16, .float32].contains(entry.type) else {
            throw .wrongType(path: path, name: name, expected: .float32, found: entry.type)
        }
        guard range.lowerBound >= 0, range.upperBound <= entry.count else {
            throw .outOfRange(
                path: path, name: name, range: range, byteCount: entry.byteRange.count)
        }
        let size = entry.type.byteCount
        let count = range.count
        return unsafe try withUnsafeBytes(
            of: name, in: (range.lowerBound * size)..<(range.upperBound * size)
        ) { bytes in
            unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
                // Tensors may start at odd addresses.
                switch entry.type {
                case .uint8:
                    for index in 0..<count {
                        unsafe buffer[index] = Float(bytes[index]) + offset
                    }
                case .int16:
                    for index in 0..<count {
                        unsafe buffer[index] =
                            Float(
                                bytes.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self))
                            + offset
                    }
                default:
                    unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
                    // Zero is not added: it would take the sign of negative zeros.
                    if offset != 0 {
                        for index in 0..<count { unsafe buffer[index] += offset }
                    }
                }
                initialized = count
            }
        }
    }
}
