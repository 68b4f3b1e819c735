package import Foundation

extension EvaluationReport {
    /// The report as indented JSON with sorted keys: the same report gives the same bytes.
    ///
    /// - Throws: `EncodingError` if a number is not finite.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(self)
        data.append(0x0a)
        return data
    }

    /// Reads what ``json()`` writes.
    ///
    /// - Throws: `DecodingError` naming the first key that is missing or of the wrong kind.
    package init(json: Data) throws {
        self = try JSONDecoder().decode(EvaluationReport.self, from: json)
    }
}
