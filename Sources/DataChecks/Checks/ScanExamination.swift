import CTData

/// What is wrong within one scan, and in which order its slices belong.
struct ScanExamination {
    /// How much rougher than its neighbours a slice may be.
    static let roughnessLimit = 1.8
    /// How alike the grain of two slices may be.
    static let grainLimit = 0.7
    /// How much less alike to its neighbours in grain one copy may be than another and still be the
    /// one that stays.
    static let grainTolerance = 0.1

    let read: ReadScan
    /// Slices that should go, with the kind of their finding.
    private(set) var removed: [Int: Finding.Kind] = [:]
    /// Messages of the findings on slices.
    private(set) var messages: [Int: String] = [:]
    /// For a repeated slice, the one that stays.
    private(set) var originals: [Int: Int] = [:]
    /// Slices of one value.
    private(set) var blank: [Int] = []
    /// All slices in the order in which neighbours are alike; `nil` when that is the given one.
    private(set) var order: [Int]?
    /// How much shorter the path is in that order, in steps.
    private(set) var orderGain = 0.0

    /// Slices that stay, in the order of the files.
    var kept: [Int] {
        read.sketches.indices.filter { read.sketches[$0] != nil && removed[$0] == nil }
    }

    /// Slices that stay and show something.
    private var shown: [Int] { kept.filter { sketch($0).map { !$0.isNearlyEmpty } ?? false } }

    init(_ read: ReadScan) {
        self.read = read
        for failure in read.failures {
            removed[failure.slice] = failure.kind
            messages[failure.slice] = failure.reason
        }
        findOtherTypes()
        findBlanks()
        findRepeats()
        findNoise()
        findNearRepeats()
        findDisorder()
    }

    private func sketch(_ slice: Int) -> SliceSketch? { read.sketches[slice] }

    private mutating func remove(_ slice: Int, _ kind: Finding.Kind, _ message: String) {
        removed[slice] = kind
        messages[slice] = message
    }

    private mutating func findOtherTypes() {
        func most<Value: Hashable>(_ values: [Value]) -> Value? {
            var counts: [Value: Int] = [:]
            for value in values { counts[value, default: 0] += 1 }
            // Of equally many the one that comes first.
            return values.max { (counts[$0] ?? 0) < (counts[$1] ?? 0) }
        }
        let sketches = read.sketches.compactMap { $0 }
        guard let sample = most(sketches.map(\.sample)),
            let size = most(sketches.map { [$0.rows, $0.columns] })
        else { return }
        for slice in kept {
            guard let sketch = sketch(slice) else { continue }
            if [sketch.rows, sketch.columns] != size {
                remove(
                    slice, .mixedSize,
                    "\(sketch.columns)×\(sketch.rows), most slices are \(size[1])×\(size[0])")
            } else if sketch.sample != sample {
                remove(slice, .mixedType, "\(sketch.sample), most slices are \(sample)")
            }
        }
    }

    private mutating func findBlanks() {
        blank = kept.filter { sketch($0)?.isBlank ?? false }
    }

    private mutating func findRepeats() {
        var groups: [SliceSketch.Digest: [Int]] = [:]
        let slices = shown
        for slice in slices {
            if let digest = sketch(slice)?.digest { groups[digest, default: []].append(slice) }
        }
        for group in groups.values where group.count > 1 {
            guard let original = original(of: group, among: slices) else { continue }
            for slice in group where slice != original {
                remove(slice, .repeatedSlice, "the same pixels as slice \(original)")
                originals[slice] = original
            }
        }
    }

    private mutating func findNoise() {
        let slices = shown
        let values = slices.map { sketch($0)?.roughness ?? 0 }
        guard slices.count >= 4 else { return }
        for (place, slice) in slices.enumerated() {
            let near = (max(0, place - 3)...min(slices.count - 1, place + 3)).filter { $0 != place }
            let usual = median(near.map { values[$0] })
            guard values[place] > Self.roughnessLimit * usual, values[place] - usual > 0.012 else {
                continue
            }
            let ratio = (values[place] / max(usual, 1e-6) * 10).rounded() / 10
            remove(slice, .noisySlice, "\(ratio) times as rough as its neighbours")
        }
    }

    private mutating func findNearRepeats() {
        let slices = shown
        guard slices.count >= 3,
            slices.contains(where: { (sketch($0)?.distinctValues ?? 0) > 4 })
        else { return }
        let neighbours = zip(slices, slices.dropFirst()).map { likeness($0, $1) }
        let usual = median(neighbours)
        func isCopy(_ likeness: Double) -> Bool {
            likeness > Self.grainLimit && 1 - likeness < 0.5 * (1 - usual)
        }
        for (place, likeness) in neighbours.enumerated() where isCopy(likeness) {
            let (first, second) = (slices[place], slices[place + 1])
            guard removed[first] == nil else { continue }
            noteCopy(second, of: first, likeness)
        }
        // Copies elsewhere in the scan look more alike than the slices beside them.
        let step = median(zip(slices, slices.dropFirst()).map { Double(distance($0, $1)) })
        for (place, first) in slices.enumerated() {
            for second in slices.dropFirst(place + 2) {
                guard removed[first] == nil, removed[second] == nil,
                    Double(distance(first, second)) < step
                else { continue }
                let alike = likeness(first, second)
                guard isCopy(alike) else { continue }
                let isSecond = original(of: [first, second], among: shown) == second
                noteCopy(isSecond ? first : second, of: isSecond ? second : first, alike)
            }
        }
    }

    /// The one of some alike slices that stands where it fits.
    ///
    /// Neighbours share some of their noise, wherever a scanner or a conversion mixed them; of slices
    /// that are alike in that the one that is nearest to its neighbours, in steps; of equals the first.
    /// A slice at an end has one neighbour, any other two.
    private func original(of copies: [Int], among slices: [Int]) -> Int? {
        let distances = distances(slices)
        let steps = SliceSteps(distances)
        let others = slices.indices.filter { !copies.contains(slices[$0]) }
        func distance(_ a: Int, _ b: Int) -> Float { steps.between(a, b, distances[a][b]) }
        let fits = slices.indices.filter { copies.contains(slices[$0]) }.map { place in
            let sides = [others.last { $0 < place }, others.first { $0 > place }].compactMap { $0 }
            let count = max(1, sides.count)
            let grain = sides.reduce(0) { $0 + likeness(slices[place], slices[$1]) }
            let way = sides.reduce(0) { $0 + distance(place, $1) }
            return (grain: grain / Double(count), misfit: way / Float(count), place: place)
        }
        guard let most = fits.map(\.grain).max() else { return nil }
        let likely = fits.filter { $0.grain >= most - Self.grainTolerance }
        guard let least = likely.map(\.misfit).min() else { return nil }
        return likely.first { $0.misfit <= least + 1e-3 }.map { slices[$0.place] }
    }

    /// How alike the noise of two slices is.
    private func likeness(_ a: Int, _ b: Int) -> Double {
        correlation(sketch(a)?.grain ?? [], sketch(b)?.grain ?? [])
    }

    private mutating func noteCopy(_ slice: Int, of original: Int, _ likeness: Double) {
        let percent = (likeness * 1000).rounded() / 1000
        remove(
            slice, .nearRepeatedSlice,
            "the grain of slice \(original) again (correlation \(percent))")
        originals[slice] = original
    }

    /// How unlike two slices are: in their greys, and twice in where their tissue is.
    private func distance(_ a: Int, _ b: Int) -> Float {
        guard let first = sketch(a), let second = sketch(b) else { return 0 }
        func squares(_ a: [Float], _ b: [Float]) -> Float {
            var sum: Float = 0
            for index in a.indices {
                let difference = a[index] - b[index]
                sum += difference * difference
            }
            return sum
        }
        return
            (squares(first.thumbnail, second.thumbnail)
            + 4 * squares(first.tissue, second.tissue)).squareRoot()
    }

    private mutating func findDisorder() {
        let slices = shown
        guard slices.count >= 5 else { return }
        let ordering = SliceOrdering(distances: distances(slices))
        let best = ordering.best()
        guard best != Array(best.indices) else { return }
        orderGain = Double(ordering.length(Array(best.indices)) - ordering.length(best))
        order = best.map { slices[$0] }
    }

    private func distances(_ slices: [Int]) -> [[Float]] {
        var distances = [[Float]](
            repeating: [Float](repeating: 0, count: slices.count), count: slices.count)
        for first in slices.indices {
            for second in slices.indices.dropFirst(first + 1) {
                let value = distance(slices[first], slices[second])
                distances[first][second] = value
                distances[second][first] = value
            }
        }
        return distances
    }
}
