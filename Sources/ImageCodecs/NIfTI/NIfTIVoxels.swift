/// Stored voxels as float32.
enum NIfTIVoxels {
    /// Converts the voxels in some bytes, as many as `target` takes; scaled in double precision.
    @unsafe static func convert(
        _ bytes: UnsafeRawBufferPointer, _ header: NIfTIHeader,
        into target: UnsafeMutableBufferPointer<Float>
    ) {
        switch header.dataType {
        case .uint8: unsafe convert(bytes, header, target, UInt8.self) { Double($0) }
        case .int8: unsafe convert(bytes, header, target, Int8.self) { Double($0) }
        case .int16: unsafe convert(bytes, header, target, Int16.self) { Double($0) }
        case .uint16: unsafe convert(bytes, header, target, UInt16.self) { Double($0) }
        case .int32: unsafe convert(bytes, header, target, Int32.self) { Double($0) }
        case .uint32: unsafe convert(bytes, header, target, UInt32.self) { Double($0) }
        case .int64: unsafe convert(bytes, header, target, Int64.self) { Double($0) }
        case .uint64: unsafe convert(bytes, header, target, UInt64.self) { Double($0) }
        case .float32:
            unsafe convert(bytes, header, target, UInt32.self) { Double(Float(bitPattern: $0)) }
        case .float64:
            unsafe convert(bytes, header, target, UInt64.self) { Double(bitPattern: $0) }
        }
    }

    @inline(__always)
    private static func convert<Value: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ header: NIfTIHeader,
        _ target: UnsafeMutableBufferPointer<Float>, _ type: Value.Type,
        _ number: (Value) -> Double
    ) {
        let size = MemoryLayout<Value>.size
        let count = min(bytes.count / size, target.count)
        let (slope, intercept) = (header.slope, header.intercept)
        let isScaled = slope != 1 || intercept != 0
        let isSwapped = header.isBigEndian
        if !isScaled && !isSwapped {
            for index in 0..<count {
                let stored = unsafe bytes.loadUnaligned(
                    fromByteOffset: index &* size, as: Value.self)
                unsafe target.initializeElement(at: index, to: Float(number(stored)))
            }
            return
        }
        for index in 0..<count {
            let stored = unsafe bytes.loadUnaligned(fromByteOffset: index &* size, as: Value.self)
            let value = number(isSwapped ? stored.byteSwapped : stored)
            unsafe target.initializeElement(
                at: index, to: Float(isScaled ? value * slope + intercept : value))
        }
    }
}
