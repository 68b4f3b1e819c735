import Evaluation

/// How well one number without anatomy tells one class of a list from the others.
package struct FeatureLeak: Codable, Hashable, Sendable {
    /// The list.
    package let list: String
    /// The class, against all others.
    package let className: String
    /// The feature, such as `slice count`.
    package let feature: String
    /// The AUC when smaller values stand for the class.
    package let areaOfLower: Double
    /// The AUC when larger values stand for the class.
    package let areaOfHigher: Double
    /// The AUC in the better direction.
    package let area: Double
    /// How many standard errors of chance the area is from a half.
    package let standardErrors: Double
    /// Scans of the class and of the others with a value.
    package let counts: [Int]

    /// Whether it would spoil a comparison: an area of 0.7 or more that chance does not give.
    package var isLeak: Bool { area >= 0.7 && standardErrors >= 3.5 }
    /// Whether it should be kept in mind: 0.6 or more.
    package var isHint: Bool { area >= 0.6 && standardErrors >= 3 }

    /// The leak of a feature, or `nil` where a side has no values or all values are equal.
    ///
    /// - Parameters:
    ///   - list: The list's name.
    ///   - className: The class's name.
    ///   - feature: The feature's name.
    ///   - values: One per scan, `nil` where unknown.
    ///   - isClass: Whether each scan is of the class.
    package init?(
        list: String, className: String, feature: String, values: [Double?], isClass: [Bool]
    ) {
        let known = zip(values, isClass).compactMap { value, isClass in
            value.flatMap { $0.isFinite ? (value: $0, isClass: isClass) : nil }
        }
        guard Set(known.map(\.value)).count > 1,
            let area = ROCCurve.area(
                scores: known.map(\.value), isPositive: known.map(\.isClass))
        else { return nil }
        let inside = known.count { $0.isClass }
        let outside = known.count - inside
        // The spread of the area when the feature has nothing to do with the class (Mann, Whitney).
        let chance = (Double(known.count + 1) / (12 * Double(inside) * Double(outside)))
            .squareRoot()
        self.list = list
        self.className = className
        self.feature = feature
        areaOfHigher = area
        areaOfLower = 1 - area
        self.area = max(area, 1 - area)
        standardErrors = abs(area - 0.5) / chance
        counts = [inside, outside]
    }
}
