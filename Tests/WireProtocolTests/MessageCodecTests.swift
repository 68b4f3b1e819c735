import Testing
import WireProtocol

@Suite("The message codec")
struct MessageCodecTests {
    @Test("returns what it was given", arguments: SampleMessages.all)
    func roundTrip(message: Message) throws {
        let parts = try MessageCodec.encode(message, epoch: 41)
        let received = try MessageCodec.decode(
            header: parts.header, fields: parts.fields, payload: parts.payload)
        #expect(received.epoch == 41)
        #expect(received.message == message)
    }

    @Test("has a sample of every message")
    func samples() {
        #expect(Set(SampleMessages.all.map(\.type)) == Set(MessageType.allCases))
    }

    @Test("refuses fields cut at any byte", arguments: SampleMessages.all)
    func truncatedFields(message: Message) throws {
        let parts = try MessageCodec.encode(message, epoch: 1)
        for count in parts.fields.indices {
            let fields = Array(parts.fields[..<count])
            #expect(throws: WireError.self) {
                try MessageCodec.decode(
                    header: parts.header, fields: fields, payload: parts.payload)
            }
            // A liar that fits header and checksum to the cut: any answer but a crash.
            _ = try? MessageCodec.decode(
                header: forged(message.type, fields: fields, payload: parts.payload),
                fields: fields, payload: parts.payload)
        }
    }

    @Test("refuses a header cut at any byte")
    func truncatedHeader() throws {
        let parts = try MessageCodec.encode(SampleMessages.all[0], epoch: 1)
        for count in parts.header.indices {
            #expect(throws: WireError.wrongHeaderLength(count)) {
                try FrameHeader(decoding: Array(parts.header[..<count]))
            }
        }
    }

    @Test("refuses every flipped bit of the header")
    func flippedHeaderBits() throws {
        let parts = try MessageCodec.encode(SampleMessages.all[0], epoch: 1)
        for bit in 0..<(8 * parts.header.count) {
            var header = parts.header
            header[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: WireError.self, "bit \(bit)") {
                try MessageCodec.decode(
                    header: header, fields: parts.fields, payload: parts.payload)
            }
        }
    }

    @Test("refuses every flipped bit of the fields", arguments: SampleMessages.all)
    func flippedFieldBits(message: Message) throws {
        let parts = try MessageCodec.encode(message, epoch: 1)
        for bit in 0..<(8 * parts.fields.count) {
            var fields = parts.fields
            fields[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: WireError.checksumMismatch) {
                try MessageCodec.decode(
                    header: parts.header, fields: fields, payload: parts.payload)
            }
            _ = try? MessageCodec.decode(
                header: forged(message.type, fields: fields, payload: parts.payload),
                fields: fields, payload: parts.payload)
        }
    }

    @Test("survives random fields under a fitting header", arguments: MessageType.allCases)
    func randomFields(type: MessageType) {
        var random = SplitMix(state: UInt64(type.rawValue))
        for _ in 0..<2000 {
            let fields = (0..<Int(random.next() % 64)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? MessageCodec.decode(
                header: forged(type, fields: fields, payload: .empty), fields: fields,
                payload: .empty)
        }
    }

    @Test("refuses lengths that promise more than there is")
    func hugeLengths() {
        // Field 2 of an abandon list: a packed list that says it is 2^63 bytes long.
        let liar: [UInt8] = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
        #expect(throws: WireError.malformedFields(.abandon)) {
            try MessageCodec.decode(
                header: forged(.abandon, fields: liar, payload: .empty), fields: liar,
                payload: .empty)
        }
    }

    @Test("refuses lists beyond their limit")
    func longLists() {
        let long = Message.abandon(Abandon(leases: Array(repeating: 1, count: 513)))
        #expect(throws: WireError.self) {
            let parts = try MessageCodec.encode(long, epoch: 1)
            _ = try MessageCodec.decode(
                header: parts.header, fields: parts.fields, payload: parts.payload)
        }
    }

    @Test("refuses to pack fields or payloads beyond their limit")
    func largeParts() {
        let text = String(repeating: "x", count: WireLimits.chunkBytes + 1)
        #expect(throws: WireError.self) {
            try MessageCodec.encode(.statusQuery(StatusQuery(what: text)), epoch: 1)
        }
        var welcome: Welcome?
        if case .welcome(let sample) = SampleMessages.all[1] { welcome = sample }
        welcome?.configuration = text
        #expect(throws: WireError.self) {
            try MessageCodec.encode(.welcome(#require(welcome)), epoch: 1)
        }
    }

    @Test("names both versions when the major version differs")
    func unknownVersion() throws {
        var header = try MessageCodec.encode(SampleMessages.all[0], epoch: 1).header
        header[4] = 9
        #expect(throws: WireError.unsupportedVersion(major: 9, minor: 3)) {
            try FrameHeader(decoding: header)
        }
        #expect("\(WireError.unsupportedVersion(major: 9, minor: 0))".contains("9.0"))
    }

    @Test("names an unknown type")
    func unknownType() throws {
        var header = try MessageCodec.encode(SampleMessages.all[0], epoch: 1).header
        header[6] = 0xff
        header[7] = 0xff
        #expect(throws: WireError.unknownType(0xffff)) { try FrameHeader(decoding: header) }
    }

    /// A header that fits the given parts, as a hostile peer would make it.
    private func forged(_ type: MessageType, fields: [UInt8], payload: Payload) -> [UInt8] {
        FrameHeader(type: type, epoch: 1, fields: fields, payload: payload).encoded
    }
}

/// A small source of random numbers for tests.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
