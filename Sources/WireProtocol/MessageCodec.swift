package import ZeroMQ

/// A message as the parts that travel.
package struct EncodedMessage: Sendable {
    /// The 24 bytes of the header.
    package let header: [UInt8]
    /// The packed fields.
    package let fields: [UInt8]
    /// The bytes beside them; not sent when empty.
    package let payload: Payload

    /// The number of bytes over all parts.
    package var byteCount: Int { header.count + fields.count + payload.count }
}

/// A message with what its header said.
package struct ReceivedMessage: Hashable, Sendable {
    /// The coordinator's incarnation that the sender believes in.
    package let epoch: UInt32
    /// The message.
    package let message: Message

    /// A message of an incarnation.
    package init(epoch: UInt32, message: Message) {
        self.epoch = epoch
        self.message = message
    }

    /// The bytes that the message keeps in memory, about.
    package var payloadBytes: Int {
        switch message {
        case .chunk(let chunk): chunk.payload.count
        case .probe(let probe): probe.payload.count
        case .gradOffer(let offer): 4 * (offer.logits.count + offer.slotProducts.count)
        default: 1024
        }
    }
}

/// Messages to parts and back.
package enum MessageCodec {
    /// The parts of a message.
    ///
    /// - Throws: ``WireError/tooLarge(part:bytes:limit:)`` when the message exceeds the limits that
    ///   the receiver will hold it to.
    package static func encode(_ message: Message, epoch: UInt32) throws(WireError)
        -> EncodedMessage
    {
        let content = message.content
        let fields = content.fields
        let payload = content.payload
        try check(fields: fields.count, payload: payload.count, of: message.type)
        let header = FrameHeader(
            type: message.type, epoch: epoch, fields: fields, payload: payload)
        return EncodedMessage(header: header.encoded, fields: fields, payload: payload)
    }

    /// Reads a message from its parts, without the routing identifier.
    ///
    /// - Throws: ``WireError`` for anything that is not a message within its limits.
    package static func decode(_ frames: some Collection<Frame>) throws(WireError)
        -> ReceivedMessage
    {
        guard frames.count == 2 || frames.count == 3, let header = frames.first else {
            throw .wrongPartCount(frames.count)
        }
        guard header.count == FrameHeader.byteCount else { throw .wrongHeaderLength(header.count) }
        let rest = frames.dropFirst()
        guard let fields = rest.first else { throw .wrongPartCount(frames.count) }
        guard fields.count <= WireLimits.fieldBytes else {
            throw .tooLarge(part: "fields", bytes: fields.count, limit: WireLimits.fieldBytes)
        }
        return try decode(
            header: header.bytes, fields: fields.bytes,
            payload: rest.dropFirst().first.map(Payload.frame) ?? .empty)
    }

    /// Reads a message from its parts.
    ///
    /// - Throws: ``WireError`` for anything that is not a message within its limits.
    package static func decode(
        header: [UInt8], fields: [UInt8], payload: Payload
    ) throws(WireError) -> ReceivedMessage {
        let header = try FrameHeader(decoding: header)
        guard header.fieldBytes == fields.count else {
            throw .lengthMismatch(announced: header.fieldBytes, found: fields.count)
        }
        try check(fields: fields.count, payload: payload.count, of: header.type)
        guard header.fits(fields: fields, payload: payload) else { throw .checksumMismatch }
        return ReceivedMessage(
            epoch: header.epoch,
            message: try Message(type: header.type, fields: fields, payload: payload))
    }

    /// Makes sure that a receiver will take a message.
    ///
    /// - Throws: ``WireError``: which limit the message exceeds.
    package static func check(_ message: Message) throws(WireError) {
        let parts = try encode(message, epoch: .max)
        _ = try Message(type: message.type, fields: parts.fields, payload: parts.payload)
    }

    private static func check(
        fields: Int, payload: Int, of type: MessageType
    ) throws(WireError) {
        guard fields <= WireLimits.fieldBytes else {
            throw .tooLarge(part: "fields", bytes: fields, limit: WireLimits.fieldBytes)
        }
        guard payload <= type.payloadLimit else {
            throw .tooLarge(part: "payload of \(type)", bytes: payload, limit: type.payloadLimit)
        }
    }
}
