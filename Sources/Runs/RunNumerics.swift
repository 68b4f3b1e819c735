import Foundation

/// How the parts of a run were computed: a result must not change its last bits on the way because
/// the program or the kind of processor changed.
package enum RunPart: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
    /// The search.
    case search
    /// Retrainings, baselines and tests.
    case evaluation
}

extension RunDirectory {
    private var numericsPath: String { path + "/numerics.json" }

    /// Notes what computes a part of the run, or checks that it is what computed it before.
    ///
    /// A part that an older program began without such a note gets it now.
    ///
    /// - Parameters:
    ///   - numerics: The fingerprint of this program on this processor.
    ///   - part: What is to be computed.
    /// - Throws: ``RunError/otherNumerics(path:part:found:noted:)``, or what is wrong with the file.
    package func settle(numerics: String, of part: RunPart) throws {
        var all = try notedNumerics()
        guard all[part] == nil else { return try check(numerics: numerics, of: part) }
        all[part] = numerics
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try write(try encoder.encode(all) + Data("\n".utf8), to: numericsPath)
    }

    /// Checks that a part of the run is computed as it was, where that was noted.
    ///
    /// - Throws: ``RunError/otherNumerics(path:part:found:noted:)``, or what is wrong with the file.
    package func check(numerics: String, of part: RunPart) throws {
        guard let noted = try notedNumerics()[part], noted != numerics else { return }
        throw RunError.otherNumerics(path: path, part: part, found: numerics, noted: noted)
    }

    private func notedNumerics() throws -> [RunPart: String] {
        guard let data = FileManager.default.contents(atPath: numericsPath) else { return [:] }
        do {
            return try JSONDecoder().decode([RunPart: String].self, from: data)
        } catch {
            throw RunError.damaged(
                path: numericsPath,
                reason: "not a JSON object of fingerprints; put back a copy of the run directory")
        }
    }
}
