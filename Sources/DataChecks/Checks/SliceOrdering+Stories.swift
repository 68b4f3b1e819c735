/// What may have happened to the order of slices, so that of paths that are nearly as short the
/// likeliest is taken: slices without lung differ by little more than noise, and the shortest path
/// alone would shuffle them.
extension SliceOrdering {
    /// What each place where a path does not go on as given must gain, in steps.
    static let priceOfBreak: Float = 0.15
    /// What a story with one change must gain.
    static let leastGainOfChange: Float = 0.75
    /// The same for a change at an end, where one edge says less.
    static let leastGainOfChangeAtEnds: Float = 1

    /// The order after one slice was moved or two were exchanged, when that alone makes the path
    /// much shorter; the shortest of these.
    func afterOneChange() -> [Int]? {
        let last = distances.count - 1
        var best: (gain: Float, from: Int, to: Int, isExchange: Bool) = (0, 0, 0, false)
        func step(_ left: Int, _ right: Int) -> Float {
            left < 0 || right > last ? 0 : distances[left][right]
        }
        func consider(_ gain: Float, _ from: Int, _ to: Int, _ isExchange: Bool) {
            let isEnd = min(from, to) == 0 || max(from, to) == last
            let least = isEnd ? Self.leastGainOfChangeAtEnds : Self.leastGainOfChange
            if gain > best.gain, gain > least { best = (gain, from, to, isExchange) }
        }
        for from in distances.indices {
            let freed =
                step(from - 1, from) + step(from, from + 1)
                - (from > 0 ? step(from - 1, from + 1) : 0)
            for to in distances.indices where to != from {
                let (left, right) = to < from ? (to - 1, to) : (to, to + 1)
                let cost = step(left, from) + step(from, right) - step(left, right)
                consider(freed - cost, from, to, false)
                // Exchanging neighbours is moving one of them.
                guard to > from + 1 else { continue }
                let before =
                    step(from - 1, from) + step(from, from + 1) + step(to - 1, to)
                    + step(to, to + 1)
                var after = step(from - 1, to) + step(to, from + 1) + step(from, to + 1)
                after += to == from + 2 ? step(from + 1, from) : step(to - 1, from)
                consider(before - after, from, to, true)
            }
        }
        guard best.gain > 0 else { return nil }
        var order = Array(distances.indices)
        if best.isExchange {
            order.swapAt(best.from, best.to)
        } else {
            order.insert(order.remove(at: best.from), at: best.to)
        }
        return order
    }

    /// The path that is shortest when every break in the given order has its price; one change has
    /// none.
    ///
    /// - Parameters:
    ///   - paths: The paths that were found.
    ///   - single: The order after one change, if one explains much.
    /// - Returns: The likeliest of them.
    func simplest(_ paths: [[Int]], single: [Int]?) -> [Int] {
        var best = Array(distances.indices)
        var least = Float.infinity
        func consider(_ path: [Int], _ cost: Float) {
            if cost < least { (best, least) = (path, cost) }
        }
        if let single { consider(single, length(single)) }
        for path in paths {
            // One moved slice makes three breaks, so fewer are no simpler.
            let breaks = max(3, zip(path, path.dropFirst()).count { $0.0 + 1 != $0.1 })
            consider(path, length(path) + Self.priceOfBreak * Float(breaks))
        }
        return asText(first: 0, unlessLongerThan: best)
            ?? asText(first: 1, unlessLongerThan: best) ?? best
    }

    /// The order of slices that were numbered from `first` without leading zeros and sorted as text;
    /// `nil` when it is more than one step longer than another path.
    private func asText(first: Int, unlessLongerThan other: [Int]) -> [Int]? {
        let names = distances.indices.map { $0 + first }.sorted { String($0) < String($1) }
        let order = names.indices.sorted { names[$0] < names[$1] }
        guard order != Array(distances.indices), length(order) < length(other) + 1 else {
            return nil
        }
        return order
    }
}
