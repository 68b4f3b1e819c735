package import RunConfiguration

/// The intensities that become 0 and 1.
package struct IntensityWindow: Hashable, Sendable {
    /// What becomes 0, with everything below.
    package let low: Float
    /// What becomes 1, with everything above.
    package let high: Float

    /// What the numbers of a file mean, which decides the window.
    package enum Scale: String, Codable, Hashable, Sendable {
        /// Volumes and signed pictures: Hounsfield units, `window`.
        case hounsfield
        /// 8-bit pictures: `rawRange`, or else 0 to 255.
        case picture8
        /// 16-bit pictures: `rawRange`, or else 0 to 4095.
        case picture16
        /// Pictures of floats: `rawRange`, or else 0 to 1.
        case pictureFloat
    }

    init(bounds: [Double], field: String) throws(ShardError) {
        guard bounds.count == 2, bounds.allSatisfy(\.isFinite), bounds[0] < bounds[1] else {
            throw .badSettings("\(field) is \(bounds); it should be two numbers, the lower first")
        }
        low = Float(bounds[0])
        high = Float(bounds[1])
    }

    /// The window for files of the given scale.
    ///
    /// - Throws: ``ShardError/badSettings(_:)``.
    package init(_ input: InputConfiguration, scale: Scale) throws(ShardError) {
        if scale == .hounsfield {
            try self.init(bounds: input.window, field: "input.window")
        } else if !input.rawRange.isEmpty {
            try self.init(bounds: input.rawRange, field: "input.rawRange")
        } else {
            let high: Double =
                switch scale {
                case .picture8: 255
                case .picture16: 4095
                case .pictureFloat, .hounsfield: 1
                }
            try self.init(bounds: [0, high], field: "input.rawRange")
        }
    }

    /// The value in 0...1.
    package func callAsFunction(_ value: Float) -> Float {
        min(max((value - low) / (high - low), 0), 1)
    }
}
