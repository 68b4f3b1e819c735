/// What is wrong with a picture or volume file, and what to do about it.
package enum ImageCodecError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file cannot be opened or read.
    case unreadable(file: String, reason: String)
    /// The content is of another format than the name says.
    case wrongFormat(file: String, expected: String, found: String)
    /// The file is cut short or its content contradicts itself.
    case damaged(file: String, reason: String)
    /// A valid file of a kind that is not read.
    case unsupported(file: String, found: String, advice: String)
    /// The header asks for more than the limit.
    case tooLarge(file: String, found: String, limit: String)
    /// Files that are slices each and no scan together.
    case series(folder: String, reason: String, advice: String)
    /// The file cannot be created or written.
    case unwritable(file: String, reason: String)

    /// The file or folder that the error is about.
    package var file: String {
        switch self {
        case .unreadable(let file, _), .wrongFormat(let file, _, _), .damaged(let file, _),
            .unsupported(let file, _, _), .tooLarge(let file, _, _), .unwritable(let file, _),
            .series(let file, _, _):
            file
        }
    }

    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): cannot be read: \(reason)"
        case .wrongFormat(let file, let expected, let found):
            "\(file): expected \(expected), found \(found); rename or convert the file"
        case .damaged(let file, let reason):
            "\(file): damaged: \(reason); fetch the file again or leave the scan out"
        case .unsupported(let file, let found, let advice):
            "\(file): \(found) is not supported; \(advice)"
        case .tooLarge(let file, let found, let limit):
            "\(file): \(found), the limit is \(limit); no CT is that large, look at the file"
        case .series(let folder, let reason, let advice):
            "\(folder): \(reason); \(advice)"
        case .unwritable(let file, let reason):
            "\(file): cannot be written: \(reason)"
        }
    }
}
