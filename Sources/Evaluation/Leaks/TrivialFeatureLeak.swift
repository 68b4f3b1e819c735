/// How well one number that says nothing about disease tells the classes apart.
///
/// A model at AUC 0.97 shows nothing on a data set whose slice count alone reaches 0.967.
package struct TrivialFeatureLeak: Hashable, Codable, Sendable {
    /// Which end of the feature goes with the positive class.
    package enum Direction: String, Codable, Sendable {
        /// Larger values go with the positive class.
        case higherIsPositive
        /// Smaller values go with the positive class.
        case lowerIsPositive
    }

    /// The feature, such as `slice count`.
    package let feature: String
    /// The AUC in the better direction, 0.5 to 1.
    package let area: Double
    /// The better direction; `higherIsPositive` at 0.5.
    package let direction: Direction
    /// Scans without a value, left out.
    package let missing: Int

    /// The leak of one feature; `nil` unless both classes have values.
    ///
    /// - Parameters:
    ///   - feature: The name to print.
    ///   - values: One value per scan; `nil` where unknown.
    ///   - isPositive: The class of each scan.
    package init?(feature: String, values: [Double?], isPositive: [Bool]) {
        precondition(values.count == isPositive.count, "one value per scan")
        let known = zip(values, isPositive).compactMap { value, positive in
            value.map { (value: $0, positive: positive) }
        }
        let area = ROCCurve.area(scores: known.map(\.value), isPositive: known.map(\.positive))
        guard let area else { return nil }
        self.feature = feature
        self.area = max(area, 1 - area)
        direction = area >= 0.5 ? .higherIsPositive : .lowerIsPositive
        missing = values.count - known.count
    }
}
