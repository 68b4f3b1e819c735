/// The fields of an encoded message, for tests that look into one.
struct ProtobufFields {
    private(set) var integers: [Int: [Int]] = [:]
    private(set) var data: [Int: [[UInt8]]] = [:]

    init(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        var position = 0
        func varint() -> Int {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7f) << shift
                shift += 7
                if byte & 0x80 == 0 { return Int(truncatingIfNeeded: value) }
            }
        }
        while position < bytes.count {
            let key = varint()
            switch key & 7 {
            case 0: integers[key >> 3, default: []].append(varint())
            case 1: position += 8
            case 5: position += 4
            default:
                let count = varint()
                data[key >> 3, default: []].append(Array(bytes[position..<(position + count)]))
                position += count
            }
        }
    }

    func messages(_ field: Int) -> [ProtobufFields] { (data[field] ?? []).map { Self($0) } }
    func strings(_ field: Int) -> [String] {
        (data[field] ?? []).map { String(decoding: $0, as: UTF8.self) }
    }
    func floats(_ field: Int) -> [Float] {
        let raw = data[field]?.first ?? []
        return stride(from: 0, to: raw.count, by: 4).map { start in
            Float(
                bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(raw[start + $1]) << (8 * $1) })
        }
    }
}
