package import RunConfiguration
package import Tensors

/// Which slices of a scan become the depth of a volume; both directions keep the order.
///
/// - SeeAlso: CovidNet3D's released code, `slice_sampling`: `random` and `symmetric`.
package enum SliceSelection {
    /// The indices of `target` slices out of `count`, ascending.
    ///
    /// - Parameters:
    ///   - count: The slices of the scan, at least 1.
    ///   - target: The depth of the volume, at least 1.
    ///   - method: The rule; when `count` equals `target`, every rule takes all slices once.
    ///   - stream: Where the random rules draw from.
    /// - Returns: `target` ascending indices below `count`.
    package static func indices(
        of count: Int, target: Int, by method: InputConfiguration.SliceSampling,
        stream: inout RandomStream
    ) -> [Int] {
        precondition(count > 0 && target > 0, "no slices")
        if count == target { return Array(0..<count) }
        switch method {
        case .random: return random(count, target, &stream)
        case .symmetric: return symmetric(count, target)
        case .uniformSpan:
            return (0..<target).map { (2 * $0 + 1) * count / (2 * target) }
        case .jitteredSpan:
            return (0..<target).map { part in
                let position = (Double(part) + stream.nextUnit()) * Double(count) / Double(target)
                return min(Int(position), count - 1)
            }
        }
    }

    /// A random subset in order, or every slice once and random ones again.
    private static func random(
        _ count: Int, _ target: Int, _ stream: inout RandomStream
    ) -> [Int] {
        if target > count {
            var copies = [Int](repeating: 1, count: count)
            for _ in 0..<(target - count) { copies[stream.next(below: count)] += 1 }
            return copies.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
        }
        // Selection sampling (Knuth, volume 2, algorithm S): a uniform subset, ascending.
        var chosen: [Int] = []
        chosen.reserveCapacity(target)
        for index in 0..<count where chosen.count < target {
            if stream.next(below: count - index) < target - chosen.count { chosen.append(index) }
        }
        return chosen
    }

    /// Outwards from the middle in equal steps, the right side first; more than there are: whole
    /// copies, and the rest around the middle.
    private static func symmetric(_ count: Int, _ target: Int) -> [Int] {
        guard target > count else { return aroundMiddle(count, target) }
        let copies = (target - 1) / count
        let rest = target - copies * count
        var result = Array(repeating: Array(0..<count), count: copies).flatMap { $0 }
        result += aroundMiddle(count, rest)
        return result.sorted()
    }

    private static func aroundMiddle(_ count: Int, _ target: Int) -> [Int] {
        let interval = count / target
        let middle = count % 2 == 1 ? count / 2 : count / 2 - 1
        var result = [middle]
        var step = 1
        while result.count < target {
            result.append(middle + step * interval)
            if result.count < target { result.append(middle - step * interval) }
            step += 1
        }
        return result.sorted()
    }
}
