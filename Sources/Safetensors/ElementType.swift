/// The element types that this project reads and writes.
package enum ElementType: String, Hashable, Sendable, CaseIterable {
    /// IEEE double precision.
    case float64 = "F64"
    /// 64-bit signed integer.
    case int64 = "I64"
    /// IEEE single precision.
    case float32 = "F32"
    /// 32-bit signed integer.
    case int32 = "I32"
    /// 16-bit signed integer.
    case int16 = "I16"
    /// 8-bit unsigned integer.
    case uint8 = "U8"

    /// The number of bytes of one element.
    package var byteCount: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .int16: 2
        case .uint8: 1
        }
    }

    /// The element type of a Swift type, or `nil` where the format has none.
    static func of<Element: BitwiseCopyable>(_ type: Element.Type) -> ElementType? {
        switch type {
        case is Double.Type: .float64
        case is Int64.Type: .int64
        case is Float.Type: .float32
        case is Int32.Type: .int32
        case is Int16.Type: .int16
        case is UInt8.Type: .uint8
        default: nil
        }
    }
}
