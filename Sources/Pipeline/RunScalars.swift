import RunConfiguration
import Runs
import SearchStrategies
import Training

/// What a search tells TensorBoard; `Docs/Exports.md` lists the tags.
enum SearchScalars {
    /// The numbers of a step.
    static func of(
        _ step: StepTrace, alpha: ArchitectureParameters
    ) -> [(tag: String, value: Double)] {
        var scalars = [
            (tag: "alpha/entropy", value: alpha.meanEntropy),
            (tag: "alpha/temperature", value: step.temperature),
        ]
        if let phase = step.weightPhase { scalars.append(("loss/weights", phase.loss)) }
        if let phase = step.alphaPhase { scalars.append(("loss/alpha", phase.loss)) }
        return scalars
    }

    /// The numbers of recorded candidates.
    static func of(_ candidates: [Candidate]) -> [(tag: String, value: Double)] {
        candidates.flatMap { candidate in
            let group = "candidate-\(candidate.kind.rawValue)"
            return [
                (tag: group + "/loss", value: candidate.loss),
                (tag: group + "/accuracy", value: candidate.accuracy),
                (tag: group + "/megabytes", value: candidate.megabytes),
            ] + (candidate.auc.map { [(tag: group + "/auc", value: $0)] } ?? [])
        }
    }
}

extension TrainedNetwork.Epoch {
    /// What a training tells TensorBoard of an epoch.
    func scalars(learningRate: Double) -> [(tag: String, value: Double)] {
        [
            (tag: "loss/training", value: trainingLoss),
            (tag: "loss/validation", value: validationLoss),
            (tag: "rate", value: learningRate),
        ] + (validationArea.map { [(tag: "auc/validation", value: $0)] } ?? [])
    }
}
