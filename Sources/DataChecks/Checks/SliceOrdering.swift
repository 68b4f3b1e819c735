/// An order of slices in which neighbours are alike: a short path through all of them.
///
/// The path starts as given and is made shorter by turning and moving stretches of it (2-opt and
/// or-opt; Croes 1958, Or 1976), never by less than a fraction of a step, so that what was in order
/// stays as it is. When it gets much shorter, paths that always go to the nearest slice are tried
/// too.
struct SliceOrdering {
    /// Distances of slices in steps, symmetric.
    ///
    /// A step is what neighbours are apart there (``SliceSteps``). What is farther than two steps is
    /// hardly farther than that: a slice that is like no other must not decide the order.
    let distances: [[Float]]
    /// A gain smaller than this is none.
    let leastGain: Float = 0.25
    /// The same where an end of the path changes.
    ///
    /// The first and last slice may be alike, and a path through a ring may start anywhere, so one
    /// better edge says nothing there.
    let leastGainAtEnds: Float = 1.3

    /// An order of slices that are this far apart.
    init(distances: [[Float]]) {
        let steps = SliceSteps(distances)
        self.distances = distances.indices.map { first in
            distances.indices.map { second in
                let distance = steps.between(first, second, distances[first][second])
                return distance > 2 ? 2 + 0.1 * min(distance - 2, 10) : distance
            }
        }
    }

    /// The same slices, where neighbours of the given order count as little more than a step apart.
    private init(anchoring other: SliceOrdering) {
        var distances = other.distances
        for place in distances.indices.dropFirst() {
            let distance = distances[place - 1][place]
            guard distance > 1.3 else { continue }
            distances[place - 1][place] = 1.3 + 0.1 * (distance - 1.3)
            distances[place][place - 1] = distances[place - 1][place]
        }
        self.distances = distances
    }

    /// The length of a path.
    func length(_ order: [Int]) -> Float {
        zip(order, order.dropFirst()).reduce(0) { $0 + distances[$1.0][$1.1] }
    }

    /// The order that explains the distances best, in the direction that keeps most neighbours'
    /// order; the given one unless another is more than about one step shorter.
    func best() -> [Int] {
        let given = Array(distances.indices)
        guard given.count > 3 else { return given }
        let careful = Gains(inside: leastGain, atEnds: leastGainAtEnds)
        let first = improved(given, careful)
        let single = afterOneChange()
        guard length(first) < length(given) - 1 || single != nil else { return given }
        // The given order is wrong, so nothing is kept for its sake any more, but for slices that
        // are like no other: those stay beside the neighbour that they were given.
        let anchored = SliceOrdering(anchoring: self)
        let free = Gains(inside: 0.02, atEnds: 0.02)
        var paths = [first, anchored.improved(first, free)]
        if let single { paths.append(anchored.improved(single, free)) }
        for start in starts() {
            paths.append(anchored.improved(anchored.nearest(from: start), free))
        }
        return simplest(paths.map(directed), single: single)
    }

    private func directed(_ path: [Int]) -> [Int] {
        let rising = zip(path, path.dropFirst()).count { $0 < $1 }
        return 2 * rising < path.count - 1 ? path.reversed() : path
    }

    /// Gains that a change must exceed.
    private struct Gains {
        let inside: Float
        let atEnds: Float
    }

    private func starts() -> Set<Int> {
        func farthest(from slice: Int) -> Int {
            distances.indices.max { distances[slice][$0] < distances[slice][$1] } ?? 0
        }
        let one = farthest(from: distances.count / 2)
        return [0, distances.count - 1, one, farthest(from: one)]
    }

    private func nearest(from start: Int) -> [Int] {
        var left = Set(distances.indices)
        left.remove(start)
        var path = [start]
        var last = start
        while let next = left.min(by: {
            (distances[last][$0], $0) < (distances[last][$1], $1)
        }) {
            left.remove(next)
            path.append(next)
            last = next
        }
        return path
    }

    private func improved(_ start: [Int], _ gains: Gains) -> [Int] {
        var path = start
        for _ in 0..<(4 * path.count) {
            if turn(&path, gains) { continue }
            if move(&path, gains) { continue }
            break
        }
        return path
    }

    /// The distance over a gap; 0 beyond the path's ends.
    private func gap(_ path: [Int], _ left: Int, _ right: Int) -> Float {
        left < 0 || right >= path.count ? 0 : distances[path[left]][path[right]]
    }

    /// Turns the stretch that gains most.
    private func turn(_ path: inout [Int], _ gains: Gains) -> Bool {
        var (best, place) = (gains.inside, (0, 0))
        for first in path.indices {
            for last in (first + 1)..<max(path.count, first + 1) {
                let isEnd = first == 0 || last + 1 == path.count
                let before = gap(path, first - 1, first) + gap(path, last, last + 1)
                let after =
                    (first == 0 ? 0 : distances[path[first - 1]][path[last]])
                    + (last + 1 == path.count ? 0 : distances[path[first]][path[last + 1]])
                let gain = before - after
                guard gain > best, !isEnd || gain > gains.atEnds else { continue }
                (best, place) = (gain, (first, last))
            }
        }
        guard place.1 > place.0 else { return false }
        path[place.0...place.1].reverse()
        return true
    }

    /// Moves the stretch of at most 12 slices that gains most.
    private func move(_ path: inout [Int], _ gains: Gains) -> Bool {
        var best = gains.inside
        var chosen: (first: Int, last: Int, target: Int, isTurned: Bool)?
        for first in path.indices {
            for last in first..<min(first + 12, path.count) where last - first + 1 < path.count {
                let closed =
                    first > 0 && last + 1 < path.count
                    ? distances[path[first - 1]][path[last + 1]] : 0
                let freed = gap(path, first - 1, first) + gap(path, last, last + 1) - closed
                guard freed > best else { continue }
                // Between target-1 and target, both outside the stretch.
                for target in 0...path.count where target < first || target > last + 1 {
                    let opened = gap(path, target - 1, target)
                    for isTurned in [false, true] {
                        let (head, tail) = isTurned ? (last, first) : (first, last)
                        let cost =
                            (target > 0 ? distances[path[target - 1]][path[head]] : 0)
                            + (target < path.count ? distances[path[tail]][path[target]] : 0)
                        let gain = freed - cost + opened
                        let isEnd =
                            first == 0 || last + 1 == path.count || target == 0
                            || target == path.count
                        guard gain > best, !isEnd || gain > gains.atEnds else { continue }
                        best = gain
                        chosen = (first, last, target, isTurned)
                    }
                }
            }
        }
        guard let chosen else { return false }
        var stretch = Array(path[chosen.first...chosen.last])
        if chosen.isTurned { stretch.reverse() }
        var target = chosen.target
        path.removeSubrange(chosen.first...chosen.last)
        if target > chosen.last { target -= stretch.count }
        path.insert(contentsOf: stretch, at: target)
        return true
    }
}
