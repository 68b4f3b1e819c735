import Foundation
import Journal
import Runs
import Tensors
import Training

/// One record of a search's log: a step's update, or the candidates of an epoch.
enum SearchRecord: Sendable {
    case step(StepUpdate)
    case candidates(epoch: Int, [Candidate])

    /// The record's text in the log; floats follow as blocks: alpha's gradient, then gradients in
    /// the order of `operators`.
    private struct Text: Codable {
        var kind: String
        /// Steps and rounds done before, and the root after.
        var step: Int
        var round: UInt64
        var root: String
        var alphaCount: Int?
        var alphaLoss: UInt64?
        var loss: UInt64?
        var operators: [String]?
        var counts: [Int]?
        var poison: [StepUpdate.PoisonTask]?
        var epoch: Int?
        var candidates: [Candidate]?
    }

    /// A record as it was read.
    struct Logged: Sendable {
        let record: SearchRecord
        /// Rounds done before.
        let round: UInt64
        /// The root afterwards.
        let root: String
    }

    /// The record for the log.
    ///
    /// - Parameters:
    ///   - before: The state before it.
    ///   - root: The root after it.
    /// - Returns: The record.
    func frame(before: (step: Int, round: UInt64), root: String) -> LogFrame {
        var text: Text
        var floats: [Float] = []
        switch self {
        case .step(let update):
            let operators = update.gradients.operators
            text = Text(kind: "step", step: before.step, round: before.round, root: root)
            text.alphaCount = update.alphaGradient?.count
            text.alphaLoss = update.alphaLoss.bitPattern
            text.loss = update.loss.bitPattern
            text.operators = operators.map(\.name)
            text.counts = operators.map { update.gradients[$0]?.count ?? 0 }
            text.poison = update.poison.isEmpty ? nil : update.poison
            floats.reserveCapacity(update.gradients.count + (update.alphaGradient?.count ?? 0))
            floats += update.alphaGradient ?? []
            for id in operators { floats += update.gradients[id] ?? [] }
        case .candidates(let epoch, let candidates):
            text = Text(kind: "candidates", step: before.step, round: before.round, root: root)
            text.epoch = epoch
            text.candidates = candidates
        }
        return LogFrame(text: Self.json(text), floats: floats)
    }

    /// A record of a log.
    ///
    /// - Throws: `RunError.damaged(path:reason:)`.
    static func read(_ frame: LogFrame, path: String) throws(RunError) -> Logged {
        guard let text = try? JSONDecoder().decode(Text.self, from: Data(frame.text)) else {
            throw .damaged(path: path, reason: "a record of the log is of another version")
        }
        switch text.kind {
        case "candidates":
            guard let epoch = text.epoch, let candidates = text.candidates else { break }
            return Logged(
                record: .candidates(epoch: epoch, candidates), round: text.round, root: text.root)
        case "step":
            var update = StepUpdate(step: text.step, round: text.round)
            let names = text.operators ?? []
            let counts = text.counts ?? []
            let alpha = text.alphaCount ?? 0
            guard names.count == counts.count, alpha >= 0, counts.allSatisfy({ $0 >= 0 }),
                counts.reduce(alpha, +) == frame.floats.count
            else { break }
            if text.alphaCount != nil { update.alphaGradient = Array(frame.floats[..<alpha]) }
            var start = alpha
            for (name, count) in zip(names, counts) {
                update.gradients[OperatorID(name)] = Array(frame.floats[start..<(start + count)])
                start += count
            }
            update.alphaLoss = Double(bitPattern: text.alphaLoss ?? 0)
            update.loss = Double(bitPattern: text.loss ?? 0)
            update.poison = text.poison ?? []
            return Logged(record: .step(update), round: text.round, root: text.root)
        default: break
        }
        throw .damaged(path: path, reason: "a record of the log contradicts itself")
    }

    /// The bytes of candidates that the root is taken of.
    static func canonical(_ candidates: [Candidate]) -> [UInt8] { json(candidates) }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Every number in these values is finite.
        return Array((try? encoder.encode(value)) ?? Data())
    }
}
