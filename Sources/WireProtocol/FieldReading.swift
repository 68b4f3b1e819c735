/// Reads C fields into Swift values, each against its limit.
enum FieldReading {
    /// A string of at most the given number of bytes.
    static func string(
        _ field: UnsafePointer<CChar>?, _ name: String, limit: Int = WireLimits.nameBytes
    ) throws(WireError) -> String {
        guard let field = unsafe field else { return "" }
        guard let text = unsafe String(validatingCString: field) else {
            throw .invalidField(name, found: "other bytes", allowed: "UTF-8")
        }
        guard text.utf8.count <= limit else {
            throw .invalidField(
                name, found: "\(text.utf8.count) bytes", allowed: "at most \(limit)")
        }
        return text
    }

    /// A list of at most the given number of elements.
    static func array<T>(
        _ start: UnsafeMutablePointer<T>?, _ count: Int, _ name: String,
        limit: Int = WireLimits.listCount
    ) throws(WireError) -> [T] {
        guard count <= limit else {
            throw .invalidField(name, found: "\(count) elements", allowed: "at most \(limit)")
        }
        guard count > 0, let start = unsafe start else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// A list of messages, each read by `read`.
    static func messages<T, Result>(
        _ start: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?, _ count: Int, _ name: String,
        limit: Int = WireLimits.listCount, _ read: (T) throws(WireError) -> Result
    ) throws(WireError) -> [Result] {
        let pointers = try unsafe array(start, count, name, limit: limit)
        var results: [Result] = []
        results.reserveCapacity(count)
        for index in unsafe pointers.indices {
            guard let pointer = unsafe pointers[index] else { continue }
            results.append(try unsafe read(pointer.pointee))
        }
        return results
    }

    /// A number of a range.
    static func number<N: BinaryInteger>(
        _ value: N, _ name: String, _ allowed: ClosedRange<Int>
    ) throws(WireError) -> Int {
        guard let number = Int(exactly: value), allowed.contains(number) else {
            throw .invalidField(
                name, found: "\(value)", allowed: "\(allowed.lowerBound)...\(allowed.upperBound)")
        }
        return number
    }

    /// A list of architecture choices.
    static func choices(
        _ start: UnsafeMutablePointer<UInt32>?, _ count: Int
    ) throws(WireError) -> [Int] {
        let values = try unsafe array(start, count, "choices", limit: WireLimits.slotCount)
        var choices: [Int] = []
        choices.reserveCapacity(count)
        for value in values { choices.append(try number(value, "choice", 0...255)) }
        return choices
    }
}
