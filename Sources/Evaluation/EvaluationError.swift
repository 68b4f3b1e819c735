/// What is wrong with predictions, maps or volumes that came from outside.
package enum EvaluationError: Error, Hashable, CustomStringConvertible {
    /// A file of predictions cannot be read; lines count from 1.
    case predictionsFile(line: Int, problem: String)
    /// The prediction for one scan is not a distribution over the classes.
    case prediction(scan: String, problem: String)
    /// A tensor has another shape than asked for.
    case shape(of: String, found: [Int], expected: String)
    /// A class that the classifier does not have.
    case classOutOfRange(Int, classes: Int)

    package var description: String {
        switch self {
        case .predictionsFile(let line, let problem):
            "predictions, line \(line): \(problem)"
        case .prediction(let scan, let problem):
            "prediction for scan '\(scan)': \(problem)"
        case .shape(let name, let found, let expected):
            "\(name) has shape \(found); expected \(expected)"
        case .classOutOfRange(let index, let classes):
            "class \(index) does not exist; the classifier has \(classes), counted from 0"
        }
    }
}
