internal import CProtobufC
internal import Glibc

/// The C memory that a message points to while it is packed.
@safe final class PackingArena {
    private var blocks: [UnsafeMutableRawPointer] = unsafe []

    deinit { unsafe blocks.forEach { unsafe free($0) } }

    private func allocate<T>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
        guard let block = unsafe calloc(max(count, 1), MemoryLayout<T>.stride) else {
            fatalError("out of memory while packing a message")
        }
        unsafe blocks.append(block)
        return unsafe block.bindMemory(to: type, capacity: max(count, 1))
    }

    /// A C string.
    func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8
        let target = unsafe allocate(bytes.count + 1, of: CChar.self)
        for (index, byte) in bytes.enumerated() {
            unsafe target[index] = CChar(bitPattern: byte)
        }
        return unsafe target
    }

    /// A C array of numbers.
    func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
        let target = unsafe allocate(values.count, of: T.self)
        for (index, value) in values.enumerated() { unsafe target[index] = value }
        return unsafe target
    }

    /// A message inside a message.
    func message<T>(_ value: T) -> UnsafeMutablePointer<T> {
        let target = unsafe allocate(1, of: T.self)
        unsafe target.initialize(to: value)
        return unsafe target
    }

    /// A list of messages inside a message.
    func messages<T>(_ values: [T]) -> UnsafeMutablePointer<UnsafeMutablePointer<T>?> {
        let target = unsafe allocate(values.count, of: UnsafeMutablePointer<T>?.self)
        for (index, value) in values.enumerated() {
            unsafe target[index] = unsafe message(value)
        }
        return unsafe target
    }
}

/// A protobuf-c message type with what its generated functions do.
@safe struct FieldCodec<T> {
    /// The generated `…__init`.
    let initialize: (UnsafeMutablePointer<T>) -> Void

    /// A message with every field at its default.
    var empty: T {
        unsafe withUnsafeTemporaryAllocation(of: T.self, capacity: 1) { buffer in
            guard let target = buffer.baseAddress else { fatalError("no memory on the stack") }
            unsafe initialize(target)
            return unsafe target.pointee
        }
    }

    /// The packed fields of a message that `fill` sets.
    func pack(_ fill: (inout T, PackingArena) -> Void) -> [UInt8] {
        let arena = PackingArena()
        var fields = empty
        fill(&fields, arena)
        return withExtendedLifetime(arena) {
            unsafe withUnsafePointer(to: fields) { pointer in
                unsafe pointer.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { base in
                    let count = unsafe protobuf_c_message_get_packed_size(base)
                    return unsafe [UInt8](unsafeUninitializedCapacity: count) { target, written in
                        written = unsafe protobuf_c_message_pack(base, target.baseAddress)
                    }
                }
            }
        }
    }

    /// Reads packed fields and hands them to `body`, which must copy what it keeps.
    ///
    /// - Throws: ``WireError/malformedFields(_:)``, or what `body` throws.
    func unpack<Result>(
        _ bytes: [UInt8], type: MessageType, _ body: (T) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        let descriptor = unsafe withUnsafePointer(to: empty) { pointer in
            unsafe pointer.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) {
                unsafe $0.pointee.descriptor
            }
        }
        return try unsafe CappedAllocator.withAllocator(limit: WireLimits.unpackedBytes) {
            allocator throws(WireError) in
            guard
                let message = unsafe protobuf_c_message_unpack(
                    descriptor, allocator, bytes.count, bytes)
            else { throw .malformedFields(type) }
            defer { unsafe protobuf_c_message_free_unpacked(message, allocator) }
            return try unsafe body(
                UnsafeMutableRawPointer(message).assumingMemoryBound(to: T.self).pointee)
        }
    }
}
