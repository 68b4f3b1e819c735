/// Why a safetensors file could not be read or written; every case names the file.
package enum SafetensorsError: Error, Hashable, CustomStringConvertible {
    /// A system call failed.
    case system(path: String, call: String, code: Int32)
    /// The bytes are not a valid file.
    case malformed(path: String, reason: String)
    /// The file has no tensor of the name.
    case missingTensor(path: String, name: String)
    /// A tensor is of another element type than the caller asked for.
    case wrongType(path: String, name: String, expected: ElementType, found: ElementType)
    /// A range lies outside a tensor.
    case outOfRange(path: String, name: String, range: Range<Int>, byteCount: Int)
    /// The writer was given more or fewer bytes for a tensor than it declared.
    case wrongByteCount(path: String, name: String, expected: Int, found: Int)
    /// Two tensors to be written have the same or a reserved name.
    case duplicateName(path: String, name: String)

    package var description: String {
        switch self {
        case .system(let path, let call, let code):
            "\(path): \(call) failed: \(errorText(code))"
        case .malformed(let path, let reason):
            "\(path): not a valid safetensors file: \(reason)"
        case .missingTensor(let path, let name):
            "\(path): no tensor '\(name)'"
        case .wrongType(let path, let name, let expected, let found):
            "\(path): tensor '\(name)' is \(found.rawValue), expected \(expected.rawValue)"
        case .outOfRange(let path, let name, let range, let byteCount):
            "\(path): bytes \(range.lowerBound)..<\(range.upperBound) lie outside tensor '\(name)' "
                + "of \(byteCount) bytes"
        case .wrongByteCount(let path, let name, let expected, let found):
            "\(path): tensor '\(name)' was declared with \(expected) bytes but given \(found)"
        case .duplicateName(let path, let name):
            "\(path): the tensor name '\(name)' is reserved or used twice"
        }
    }
}
