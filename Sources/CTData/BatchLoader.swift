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

    /// The voxels that a training sample is moved by: depth, height, width.
    private func shifts(ofScan scan: Int, epoch: UInt32) -> [Int] {
        var stream = RandomStream(seed: seed, name: "shifts", counters: epoch, UInt32(scan))
        return input.shifts.map { stream.next(below: 2 * $0 + 1) - $0 }
    }

    private func fill(
        _ output: inout [Float], at start: Int, scan: Int, epoch: UInt32, augmented: Bool
    ) throws(ShardError) {
        let selected = slices(ofScan: scan, epoch: epoch, augmented: augmented)
        let flips = augmented ? flips(ofScan: scan, epoch: epoch) : [false, false, false]
        let measured = volumes.scans[scan].measured
        let window = try IntensityWindow(input, scale: measured.scale)
        let range = start..<(start + size.count)
        for position in 0..<input.depth {
            let slice = selected[flips[0] ? input.depth - 1 - position : position]
            let place = Place(
                start: start + position * input.height * input.width, height: input.height,
                width: input.width, flipsRows: flips[1], flipsColumns: flips[2])
            if content == .paddingMask {
                let mask = try volumes.padding(slice, ofScan: scan)
                place.put(mask, into: &output) { Float($0) }
                continue
            }
            // Subtracting before multiplying keeps whole numbers exact.
            let low = window.low - measured.offset
            let factor = 1 / (window.high - window.low)
            func unit(_ value: Float) -> Float {
                let scaled = (value - low) * factor
                return scaled < 0 ? 0 : scaled > 1 ? 1 : scaled
            }
            switch measured.storage {
            case .uint8:
                let values = try volumes.stored(slice, ofScan: scan, as: UInt8.self)
                place.put(values, into: &output) { unit(Float($0)) }
            case .int16:
                let values = try volumes.stored(slice, ofScan: scan, as: Int16.self)
                place.put(values, into: &output) { unit(Float($0)) }
            case .float32:
                let values = try volumes.stored(slice, ofScan: scan, as: Float.self)
                place.put(values, into: &output, unit)
            }
            if measured.paddingShare > 0 {
                place.clear(try volumes.padding(slice, ofScan: scan), in: &output)
            }
        }
        if augmented { shift(&output, range, by: shifts(ofScan: scan, epoch: epoch)) }
        if content == .intensities { normalize(&output, range) }
    }

    /// Moves a sample by whole voxels; what comes in at a border repeats the border.
    private func shift(_ output: inout [Float], _ range: Range<Int>, by offsets: [Int]) {
        guard offsets.contains(where: { $0 != 0 }) else { return }
        let source = Array(output[range])
        func sources(_ count: Int, _ offset: Int) -> [Int] {
            (0..<count).map { min(max($0 - offset, 0), count - 1) }
        }
        let columns = sources(input.width, offsets[2])
        var target = range.lowerBound
        for depth in sources(input.depth, offsets[0]) {
            for row in sources(input.height, offsets[1]) {
                let start = (depth * input.height + row) * input.width
                for column in columns {
                    output[target] = source[start + column]
                    target += 1
                }
            }
        }
    }

    /// The lanes added in a fixed order; the standard library leaves the order of `sum()` open.
    private static func total(_ lanes: SIMD8<Double>) -> Double {
        ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
            + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
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
            // Eight running sums: faster than one, and always the same eight.
            var sums = SIMD8<Double>.zero
            var squares = SIMD8<Double>.zero
            var index = range.lowerBound
            while index + 8 <= range.upperBound {
                var values = SIMD8<Double>()
                for lane in 0..<8 { values[lane] = Double(output[index + lane]) }
                sums += values
                squares += values * values
                index += 8
            }
            while index < range.upperBound {
                let value = Double(output[index])
                sums[0] += value
                squares[0] += value * value
                index += 1
            }
            mean = Self.total(sums) / Double(range.count)
            deviation =
                max(0, Self.total(squares) / Double(range.count) - mean * mean).squareRoot()
        }
        let offset = Float(mean)
        let factor = Float(1 / (deviation + 1e-5))
        for index in range { output[index] = (output[index] - offset) * factor }
    }
}

/// Where a slice goes in a batch, and which way round.
private struct Place {
    let start: Int
    let height: Int
    let width: Int
    let flipsRows: Bool
    let flipsColumns: Bool

    /// Where the pixel of row and column 0 goes, and the steps from there.
    private var steps: (first: Int, row: Int, column: Int) {
        let row = flipsRows ? -width : width
        let column = flipsColumns ? -1 : 1
        let first =
            start + (flipsRows ? (height - 1) * width : 0) + (flipsColumns ? width - 1 : 0)
        return (first, row, column)
    }

    @inline(__always)
    func put<Stored>(_ values: [Stored], into output: inout [Float], _ number: (Stored) -> Float) {
        let steps = steps
        var source = 0
        for row in 0..<height {
            var target = steps.first + row * steps.row
            for _ in 0..<width {
                output[target] = number(values[source])
                source += 1
                target += steps.column
            }
        }
    }

    func clear(_ mask: [UInt8], in output: inout [Float]) {
        let steps = steps
        for row in 0..<height {
            for column in 0..<width where mask[row * width + column] != 0 {
                output[steps.first + row * steps.row + column * steps.column] = 0
            }
        }
    }
}
