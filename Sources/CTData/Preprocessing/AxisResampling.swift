/// How one axis is resampled: for every output position the input positions and their weights.
///
/// The weights are a triangle whose half-width is one input step, or one output step when that is
/// longer (antialiasing), cut at the borders and normalised: Pillow's `BILINEAR`.
struct AxisResampling: Sendable {
    /// The first input position of each output position.
    let starts: [Int]
    /// Where the weights of each output position start; one more entry than positions.
    let offsets: [Int]
    /// The weights, one run per output position.
    let weights: [Double]
    /// Which output positions lie outside the input.
    let isOutside: [Bool]

    /// Outputs at any positions in input coordinates, 0 being the first sample.
    ///
    /// - Parameters:
    ///   - inputCount: The samples of the input.
    ///   - positions: Where the outputs lie in the input.
    ///   - step: The distance of neighbouring outputs.
    init(inputCount: Int, positions: [Double], step: Double) {
        let support = max(1, step)
        var starts: [Int] = []
        var offsets = [0]
        var weights: [Double] = []
        var isOutside: [Bool] = []
        for position in positions {
            let center = position + 0.5
            isOutside.append(center < -1e-6 || center > Double(inputCount) + 1e-6)
            let clamped = min(max(center, 0), Double(inputCount))
            let first = max(0, Int((clamped - support + 0.5).rounded(.down)))
            let end = min(inputCount, Int((clamped + support + 0.5).rounded(.down)))
            var run: [Double] = []
            for index in first..<max(end, first) {
                let distance = abs((Double(index) - clamped + 0.5) / support)
                run.append(max(0, 1 - distance))
            }
            let total = run.reduce(0, +)
            if total > 0 {
                starts.append(first)
                weights += run.map { $0 / total }
            } else {
                starts.append(min(max(Int(clamped), 0), inputCount - 1))
                weights.append(1)
            }
            offsets.append(weights.count)
        }
        self.starts = starts
        self.offsets = offsets
        self.weights = weights
        self.isOutside = isOutside
    }

    private init(starts: [Int], offsets: [Int], weights: [Double], isOutside: [Bool]) {
        self.starts = starts
        self.offsets = offsets
        self.weights = weights
        self.isOutside = isOutside
    }

    /// Resizes to `resized` samples with half-pixel centres and keeps `kept` around the middle.
    init(inputCount: Int, resized: Int, kept: Int, antialiased: Bool) {
        let scale = Double(inputCount) / Double(resized)
        let first = Self.cropStart(resized, kept)
        let centers = (0..<kept).map { (Double(first + $0) + 0.5) * scale }
        if antialiased {
            self.init(inputCount: inputCount, positions: centers.map { $0 - 0.5 }, step: scale)
        } else {
            self.init(
                starts: centers.map { min(Int($0), inputCount - 1) }, offsets: Array(0...kept),
                weights: Array(repeating: 1, count: kept),
                isOutside: Array(repeating: false, count: kept))
        }
    }

    /// Steps of `spacing` millimetres about the centre of an axis of `inputSpacing`.
    init(inputCount: Int, inputSpacing: Double, spacing: Double, count: Int) {
        let step = spacing / inputSpacing
        let center = Double(inputCount - 1) / 2
        let middle = Double(count - 1) / 2
        self.init(
            inputCount: inputCount,
            positions: (0..<count).map { center + (Double($0) - middle) * step },
            step: step)
    }

    /// The outputs.
    var count: Int { starts.count }

    /// The first kept position of a centre crop, halves to even as in torchvision.
    static func cropStart(_ size: Int, _ kept: Int) -> Int {
        Int((Double(size - kept) / 2).rounded(.toNearestOrEven))
    }

    /// Resamples the middle axis of `[outer, inputCount, inner]`.
    func apply(_ input: [Float], outer: Int, inputCount: Int, inner: Int) -> [Float] {
        var output = [Float](repeating: 0, count: outer * count * inner)
        var sums = [Double](repeating: 0, count: inner)
        for block in 0..<outer {
            let inputStart = block * inputCount * inner
            for position in 0..<count {
                let outputStart = (block * count + position) * inner
                if inner == 1 {
                    var sum = 0.0
                    for index in offsets[position]..<offsets[position + 1] {
                        let source = inputStart + starts[position] + index - offsets[position]
                        sum += Double(input[source]) * weights[index]
                    }
                    output[outputStart] = Float(sum)
                    continue
                }
                for element in 0..<inner { sums[element] = 0 }
                for index in offsets[position]..<offsets[position + 1] {
                    let weight = weights[index]
                    let row = inputStart + (starts[position] + index - offsets[position]) * inner
                    for element in 0..<inner {
                        sums[element] += Double(input[row + element]) * weight
                    }
                }
                for element in 0..<inner { output[outputStart + element] = Float(sums[element]) }
            }
        }
        return output
    }
}
