package import Tensors

/// How raw map values become colours.
package enum HeatNormalization: String, CaseIterable, Codable, Sendable {
    /// One scale per volume, from the 1st to the 99th percentile.
    case percentiles
    /// One scale per volume, symmetric around 0: no evidence is the middle.
    case symmetric
    /// A scale of its own for each slice. Colours then do not compare between slices.
    case perSlice
}

/// The scale that turns the raw values of one map into levels from 0 to 1.
package struct HeatScale: Hashable, Sendable {
    /// How the ends were found.
    package let normalization: HeatNormalization
    /// The raw values at level 0 and level 1: one pair for the volume, or one per slice.
    package let ends: [ClosedRange<Float>]

    /// Finds the scale of a map `[D, H, W]` in raw values.
    ///
    /// For a scale per slice, `map` must have the slices that will be shown; otherwise the raw map
    /// serves as well as the upsampled one and is far smaller.
    package init(_ map: Tensor, normalization: HeatNormalization) {
        precondition(map.shape.count == 3 && map.count > 0, "a map has three axes")
        self.normalization = normalization
        let area = map.shape[1] * map.shape[2]
        switch normalization {
        case .perSlice:
            ends = stride(from: 0, to: map.count, by: area).map { start in
                Self.range(map.elements[start..<(start + area)])
            }
        case .percentiles, .symmetric:
            var range = Self.range(map.elements[...])
            if normalization == .symmetric {
                let largest = max(abs(range.lowerBound), abs(range.upperBound))
                range = (-largest)...largest
            }
            ends = [range]
        }
    }

    private static func range(_ values: ArraySlice<Float>) -> ClosedRange<Float> {
        let sorted = values.sorted()
        let low = Percentile.of(sorted: sorted, share: 0.01)
        return low...max(low, Percentile.of(sorted: sorted, share: 0.99))
    }

    /// The level of a raw value, 0 to 1; a map without contrast has level 0, or ½ if symmetric.
    package func level(_ value: Float, slice: Int) -> Float {
        let range = ends[ends.count == 1 ? 0 : slice]
        let extent = range.upperBound - range.lowerBound
        guard extent > 0 else { return normalization == .symmetric ? 0.5 : 0 }
        return min(max((value - range.lowerBound) / extent, 0), 1)
    }

    /// How much of the colour shows, 0 to 1: nothing where there is little evidence.
    ///
    /// Low levels stay clear on a scale from low to high; the middle stays clear on a symmetric
    /// one, so that evidence against the class shows as well.
    package func visibility(_ level: Float) -> Float {
        let strength: Float
        switch normalization {
        case .percentiles, .perSlice: strength = (level - 0.3) / 0.45
        case .symmetric: strength = (abs(2 * level - 1) - 0.15) / 0.5
        }
        let clamped = min(max(strength, 0), 1)
        return clamped * clamped * (3 - 2 * clamped)
    }
}
