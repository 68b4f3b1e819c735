package import RunConfiguration
package import Tensors

/// Turns packed scans into input volumes: slice selection, window, normalisation, flips.
///
/// A sample is a function of (seed, epoch, scan) alone, whatever else is in its batch and whoever
/// loads it.
package struct BatchLoader: Sendable {
    /// What the samples hold.
    package enum Content: Hashable, Sendable {
        /// Normalised intensities.
        case intensities
        /// 1 where the volume is padding, else 0: the control that asks what padding alone tells.
        case paddingMask
    }

    /// The scans.
    package let volumes: VolumeSet
    private let input: InputConfiguration
    private let seed: UInt64
    private let content: Content
    private let statistics: IntensityStatistics?

    /// A loader of the given scans.
    ///
    /// - Parameters:
    ///   - volumes: The packed scans.
    ///   - input: The settings; those that decide packing must be those of `volumes`.
    ///   - seed: The run's seed.
    ///   - content: What the samples hold.
    ///   - statistics: For the `dataset` normalisation, those of the training list.
    /// - Throws: ``ShardError`` when the settings make no sense or are not those of the shards.
    package init(
        _ volumes: VolumeSet, input: InputConfiguration, seed: UInt64,
        content: Content = .intensities, statistics: IntensityStatistics? = nil
    ) throws(ShardError) {
        guard try PackingSettings(input) == volumes.settings else {
            throw .otherSettings(folder: volumes.folder)
        }
        guard input.flips.count == 3, input.flips.allSatisfy({ (0...1).contains($0) }) else {
            throw .badSettings(
                "input.flips is \(input.flips); it should be three probabilities: depth, height, width"
            )
        }
        guard input.normalization != .dataset || statistics != nil else {
            throw .badSettings("the dataset normalisation needs the training list's statistics")
        }
        for scale in Set(volumes.scans.map(\.measured.scale)) {
            _ = try IntensityWindow(input, scale: scale)
        }
        self.volumes = volumes
        self.input = input
        self.seed = seed
        self.content = content
        self.statistics = statistics
    }

    /// The extents of a sample.
    package var size: VolumeSize { VolumeSize(input.depth, input.height, input.width) }

    /// The classes of scans.
    package func classes(of scans: [Int]) -> [Int] {
        scans.map { volumes.scans[$0].classIndex }
    }

    /// The samples of scans, `[N, D, H, W, 1]`.
    ///
    /// - Parameters:
    ///   - scans: Indices into the set.
    ///   - epoch: The pass over the data; random choices differ between epochs.
    ///   - augmented: Whether the training rules apply: `trainingSlices` and flips.
    /// - Returns: `scans.count` volumes one after the other.
    /// - Throws: ``ShardError`` when a shard cannot be read.
    package func batch(
        scans: [Int], epoch: UInt32, augmented: Bool
    ) throws(ShardError) -> [Float] {
        var output = [Float](repeating: 0, count: scans.count * size.count)
        for (position, scan) in scans.enumerated() {
            try fill(
                &output, at: position * size.count, scan: scan, epoch: epoch, augmented: augmented)
        }
        return output
    }

    /// The stored slices that a sample is made of, before flips.
    package func slices(ofScan scan: Int, epoch: UInt32, augmented: Bool) -> [Int] {
        guard input.mode == .slices else { return Array(0..<input.depth) }
        var stream = RandomStream(seed: seed, name: "slices", counters: epoch, UInt32(scan))
        return SliceSelection.indices(
            of: volumes.scans[scan].measured.storedSlices, target: input.depth,
            by: augmented ? input.trainingSlices : input.evaluationSlices, stream: &stream)
    }

    /// The axes that a training sample is flipped along: depth, height, width.
    private func flips(ofScan scan: Int, epoch: UInt32) -> [Bool] {
        var stream = RandomStream(seed: seed, name: "flips", counters: epoch, UInt32(scan))
        return input.flips.map { stream.nextUnit() < $0 }
    }

    private func fill(
        _ output: inout [Float], at start: Int, scan: Int, epoch: UInt32, augmented: Bool
    ) throws(ShardError) {
        let selected = slices(ofScan: scan, epoch: epoch, augmented: augmented)
        let flips = augmented ? flips(ofScan: scan, epoch: epoch) : [false, false, false]
        for position in 0..<input.depth {
            let slice = selected[flips[0] ? input.depth - 1 - position : position]
            var values = try unitSlice(slice, scan: scan)
            if flips[2] { values.reverse() }
            // Reversing all of a slice flips both axes.
            let flipsRows = flips[1] != flips[2]
            let target = start + position * values.count
            for row in 0..<input.height {
                let source = (flipsRows ? input.height - 1 - row : row) * input.width
                for column in 0..<input.width {
                    output[target + row * input.width + column] = values[source + column]
                }
            }
        }
        guard content == .intensities else { return }
        normalize(&output, start..<(start + size.count))
    }

    /// A slice in 0...1, or its padding mask.
    private func unitSlice(_ slice: Int, scan: Int) throws(ShardError) -> [Float] {
        guard content == .intensities else {
            return try volumes.padding(slice, ofScan: scan).map(Float.init)
        }
        let description = volumes.scans[scan]
        let window = try IntensityWindow(input, scale: description.measured.scale)
        var values = try volumes.slice(slice, ofScan: scan)
        let factor = 1 / (window.high - window.low)
        for index in values.indices {
            values[index] = min(max((values[index] - window.low) * factor, 0), 1)
        }
        if description.measured.paddingShare > 0 {
            let padding = try volumes.padding(slice, ofScan: scan)
            for index in values.indices where padding[index] != 0 { values[index] = 0 }
        }
        return values
    }

    private func normalize(_ output: inout [Float], _ range: Range<Int>) {
        let mean: Double
        let deviation: Double
        switch input.normalization {
        case .unit: return
        case .dataset:
            mean = statistics?.mean ?? 0
            deviation = statistics?.standardDeviation ?? 1
        case .zScore:
            var sum = 0.0
            var squares = 0.0
            for index in range {
                let value = Double(output[index])
                sum += value
                squares += value * value
            }
            mean = sum / Double(range.count)
            deviation = max(0, squares / Double(range.count) - mean * mean).squareRoot()
        }
        let offset = Float(mean)
        let factor = Float(1 / (deviation + 1e-5))
        for index in range { output[index] = (output[index] - offset) * factor }
    }
}
