/// Writes one message in protocol buffers' wire format, field by field.
///
/// Only what files of other programs need: varints, floats, doubles, bytes and nested messages.
/// What travels between our own processes goes through protobuf-c (`WireProtocol`).
///
/// - SeeAlso: protobuf.dev, *Encoding*.
package struct ProtobufWriter: Sendable {
    /// What has been written.
    package private(set) var bytes: [UInt8] = []

    /// An empty message.
    package init() {}

    /// The bytes of a message that a closure fills.
    package static func message(_ build: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        build(&writer)
        return writer.bytes
    }

    /// Appends an integer (`int32`, `int64`, `enum`, `bool`).
    package mutating func integer(_ value: Int, field: Int) {
        key(field, wireType: 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// Appends a `float`.
    package mutating func float(_ value: Float, field: Int) {
        key(field, wireType: 5)
        fixed(value.bitPattern)
    }

    /// Appends a `double`.
    package mutating func double(_ value: Double, field: Int) {
        key(field, wireType: 1)
        fixed(value.bitPattern)
    }

    /// Appends a `string`.
    package mutating func string(_ value: String, field: Int) {
        data(Array(value.utf8), field: field)
    }

    /// Appends `bytes`, or a message that is already encoded.
    package mutating func data(_ value: [UInt8], field: Int) {
        key(field, wireType: 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Appends a nested message.
    package mutating func message(field: Int, _ build: (inout ProtobufWriter) -> Void) {
        data(Self.message(build), field: field)
    }

    /// Appends a packed `repeated int64`.
    package mutating func integers(_ values: [Int], field: Int) {
        var content = ProtobufWriter()
        for value in values { content.varint(UInt64(bitPattern: Int64(value))) }
        data(content.bytes, field: field)
    }

    /// Appends floats as `bytes` in little-endian order, as ONNX stores tensors.
    package mutating func rawFloats(_ values: [Float], field: Int) {
        key(field, wireType: 2)
        varint(UInt64(values.count * 4))
        bytes.reserveCapacity(bytes.count + values.count * 4)
        for value in values { fixed(value.bitPattern) }
    }

    private mutating func key(_ field: Int, wireType: UInt64) {
        precondition(field > 0, "field numbers start at 1")
        varint(UInt64(field) << 3 | wireType)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    @inline(__always)
    private mutating func fixed<Value: FixedWidthInteger>(_ value: Value) {
        var rest = value
        for _ in 0..<(Value.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}
