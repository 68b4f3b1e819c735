import ProtobufEncoding

/// One entry of an event file.
///
/// - SeeAlso: TensorBoard, `compat/proto/event.proto` and `summary.proto`.
package struct TensorBoardEvent: Sendable {
    /// What an entry says.
    package enum Content: Sendable {
        /// The first entry of every file.
        case fileVersion
        /// The process begins at the event's step: later steps of earlier files do not count.
        case start
        /// Numbers by tag.
        case scalars([(tag: String, value: Double)])
    }

    /// When it was written, in seconds since 1970.
    package let time: Double
    /// The step that it is about.
    package let step: Int
    /// What it says.
    package let content: Content

    /// An entry from its parts.
    package init(time: Double, step: Int = 0, content: Content) {
        self.time = time
        self.step = step
        self.content = content
    }

    /// The entry as a record: length, checksum of the length, message, checksum of the message.
    package var record: [UInt8] {
        let message = message
        let length = Self.littleEndian(UInt64(message.count))
        return length + Self.littleEndian(CRC32C.masked(length)) + message
            + Self.littleEndian(CRC32C.masked(message))
    }

    private var message: [UInt8] {
        ProtobufWriter.message { event in
            event.double(time, field: 1)
            if step != 0 { event.integer(step, field: 2) }
            switch content {
            case .fileVersion: event.string("brain.Event:2", field: 3)
            case .start: event.message(field: 7) { $0.integer(1, field: 1) }
            case .scalars(let scalars):
                event.message(field: 5) { summary in
                    for (tag, value) in scalars {
                        summary.message(field: 1) {
                            $0.string(tag, field: 1)
                            $0.float(Float(value), field: 2)
                        }
                    }
                }
            }
        }
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<(value.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
