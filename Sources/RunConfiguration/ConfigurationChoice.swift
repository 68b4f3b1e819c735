/// A setting with a fixed list of values; a value outside it is refused with the list.
package protocol ConfigurationChoice: RawRepresentable, CaseIterable, Codable, Hashable, Sendable
where RawValue == String {}

extension ConfigurationChoice {
    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer().decode(String.self)
        guard let choice = Self(rawValue: value) else {
            throw ConfigurationError.unknownChoice(
                field: decoder.codingPath.map(\.stringValue).joined(separator: "."), value: value,
                known: Self.allCases.map(\.rawValue))
        }
        self = choice
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
