/// The prepared sets of volumes of a run; all hold the same scans in the same order.
package enum VolumeRole: String, Codable, Hashable, Sendable, CaseIterable {
    /// At the search's input size.
    case search
    /// At the evaluation's input size.
    case evaluation
    /// Which voxels of the evaluation's input are padding, for the leak control.
    case evaluationPadding = "evaluation-padding"
}
