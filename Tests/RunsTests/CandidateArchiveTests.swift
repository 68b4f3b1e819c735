import Foundation
import Runs
import Testing

@Suite("The archive of candidates")
struct CandidateArchiveTests {
    static func candidate(_ epoch: Int, _ kind: Candidate.Kind, _ code: String, _ loss: Double)
        -> Candidate
    {
        Candidate(
            epoch: epoch, kind: kind, code: code, loss: loss, accuracy: 0.5, auc: nil,
            parameters: 10, megabytes: 0.1, multiplyAdds: 20, entropy: 2)
    }

    @Test("ranks distinct architectures by their best loss, also after reopening")
    func ranks() throws {
        let path = NSTemporaryDirectory() + "archive-\(UUID()).sqlite"
        let archive = try CandidateArchive(path: path)
        try archive.record(
            [Self.candidate(0, .argmax, "01", 0.9), Self.candidate(0, .sampled, "11", 0.7)],
            alpha: [AlphaRecord(epoch: 0, slot: 0, operation: 1, logit: 0.25)])
        try archive.record([Self.candidate(1, .argmax, "01", 0.6)], alpha: [])
        let again = try CandidateArchive(path: path)
        #expect(try again.best(5).map(\.code) == ["01", "11"])
        #expect(try again.best(1).map(\.loss) == [0.6])
        #expect(try again.alphaHistory().map(\.logit) == [0.25])
    }

    @Test("forgets the epochs that a resumed search records again")
    func removes() throws {
        let archive = try CandidateArchive(
            path: NSTemporaryDirectory() + "archive-\(UUID()).sqlite")
        for epoch in 0..<4 {
            try archive.record(
                [Self.candidate(epoch, .argmax, "\(epoch)", 1)],
                alpha: [AlphaRecord(epoch: epoch, slot: 0, operation: 0, logit: 0)])
        }
        try archive.removeEpochs(from: 2)
        #expect(try archive.candidates().map(\.epoch) == [0, 1])
        #expect(try archive.alphaHistory().map(\.epoch) == [0, 1])
    }
}
