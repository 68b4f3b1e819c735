/// A strict reader of the JSON subset in a safetensors header.
///
/// It accepts what the format allows (an object of objects of strings and arrays of non-negative
/// integers) and nothing else; duplicate keys, which general JSON readers silently merge, are
/// refused.
@safe struct HeaderParser {
    /// A description in the header before its byte range is checked against the file.
    struct RawEntry {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
    }

    /// What a header that is no valid JSON throws: the reason, to which the caller adds the path.
    struct Failure: Error {
        let reason: String
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// A parser at the start of `bytes`, which must outlive it.
    @unsafe init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = bytes
    }

    /// Parses the whole header.
    mutating func parse() throws(Failure) -> (
        tensors: [String: RawEntry], metadata: [String: String]
    ) {
        var tensors: [String: RawEntry] = [:]
        var metadata: [String: String]?
        try parseObject { parser, key throws(Failure) in
            if key == "__metadata__" {
                guard metadata == nil else { throw parser.failure("two __metadata__ objects") }
                metadata = try parser.parseStrings()
            } else {
                guard tensors[key] == nil else { throw parser.failure("tensor '\(key)' twice") }
                tensors[key] = try parser.parseEntry()
            }
        }
        skipSpace()
        guard unsafe position == bytes.count else { throw failure("text after the closing brace") }
        return (tensors, metadata ?? [:])
    }

    private mutating func parseEntry() throws(Failure) -> RawEntry {
        var entry = RawEntry()
        try parseObject { parser, key throws(Failure) in
            switch key {
            case "dtype" where entry.type == nil: entry.type = try parser.parseString()
            case "shape" where entry.shape == nil: entry.shape = try parser.parseIntegers(limit: 32)
            case "data_offsets" where entry.offsets == nil:
                entry.offsets = try parser.parseIntegers(limit: 2)
            default: throw parser.failure("unexpected key '\(key)'")
            }
        }
        return entry
    }

    private mutating func parseStrings() throws(Failure) -> [String: String] {
        var strings: [String: String] = [:]
        try parseObject { parser, key throws(Failure) in
            guard strings[key] == nil else { throw parser.failure("metadata '\(key)' twice") }
            strings[key] = try parser.parseString()
        }
        return strings
    }

    private mutating func parseObject(
        _ member: (inout HeaderParser, String) throws(Failure) -> Void
    ) throws(Failure) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try parseString()
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    private mutating func parseIntegers(limit: Int) throws(Failure) -> [Int] {
        try expect("[")
        var values: [Int] = []
        if take("]") { return values }
        repeat {
            guard values.count < limit else { throw failure("an array of more than \(limit)") }
            values.append(try parseInteger())
        } while take(",")
        try expect("]")
        return values
    }

    private mutating func parseInteger() throws(Failure) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte = current, byte >= 0x30, byte <= 0x39 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte) - 0x30)
            guard !overflow, !carry else { throw failure("a number that is too large") }
            value = sum
            position += 1
        }
        guard position > start else { throw failure("expected a non-negative integer") }
        return value
    }

    private mutating func parseString() throws(Failure) -> String {
        try expect("\"")
        var units: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else {
                    throw failure("a string that is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try parseEscape(into: &units)
            case ..<0x20: throw failure("a control character in a string")
            default: units.append(byte)
            }
        }
        throw failure("an unfinished string")
    }

    private mutating func parseEscape(into units: inout [UInt8]) throws(Failure) {
        guard let byte = current else { throw failure("an unfinished string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0c)
        case UInt8(ascii: "n"): units.append(0x0a)
        case UInt8(ascii: "r"): units.append(0x0d)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"):
            var code = try parseHexadecimal()
            if code >= 0xd800, code < 0xdc00 {
                guard takeByte("\\"), takeByte("u") else { throw failure("half a surrogate pair") }
                let low = try parseHexadecimal()
                guard low >= 0xdc00, low < 0xe000 else { throw failure("half a surrogate pair") }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
            units.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func parseHexadecimal() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else {
                throw failure("a bad \\u escape")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private var current: UInt8? { unsafe position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            position += 1
        }
    }

    private mutating func takeByte(_ expected: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: expected) else { return false }
        position += 1
        return true
    }

    private mutating func take(_ expected: Unicode.Scalar) -> Bool {
        skipSpace()
        return takeByte(expected)
    }

    private mutating func expect(_ expected: Unicode.Scalar) throws(Failure) {
        guard take(expected) else { throw failure("expected '\(expected)'") }
    }

    private func failure(_ reason: String) -> Failure {
        Failure(reason: "\(reason) at byte \(position) of the header")
    }
}
