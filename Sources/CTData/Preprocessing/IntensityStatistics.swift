package import RunConfiguration

/// Mean and standard deviation of windowed intensities over a list: the `dataset` normalisation.
package struct IntensityStatistics: Codable, Hashable, Sendable {
    /// The mean, in 0...1.
    package let mean: Double
    /// The standard deviation.
    package let standardDeviation: Double

    /// Statistics of the given values, such as those of a stored model.
    package init(mean: Double, standardDeviation: Double) {
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    /// Measures scans, every stored slice of each; only ever the training list.
    ///
    /// - Throws: ``ShardError`` when a shard cannot be read.
    package init(
        measuring scans: [Int], of volumes: VolumeSet, input: InputConfiguration
    ) throws(ShardError) {
        var count = 0
        var sum = 0.0
        var squares = 0.0
        for scan in scans {
            let measured = volumes.scans[scan].measured
            let window = try IntensityWindow(input, scale: measured.scale)
            for slice in 0..<measured.storedSlices {
                let padding = try volumes.padding(slice, ofScan: scan)
                for (index, value) in try volumes.slice(slice, ofScan: scan).enumerated() {
                    let unit = padding[index] == 0 ? Double(window(value)) : 0
                    sum += unit
                    squares += unit * unit
                    count += 1
                }
            }
        }
        mean = sum / Double(max(count, 1))
        standardDeviation = max(0, squares / Double(max(count, 1)) - mean * mean).squareRoot()
    }
}
