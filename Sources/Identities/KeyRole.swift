/// What a key is for; no key is for both.
package enum KeyRole: String, Codable, Hashable, Sendable, CaseIterable {
    /// Joins runs and computes.
    case worker
    /// Asks how a run stands, and steers it.
    case admin
}
