import Tensors

/// Brings opacities against the chest wall into a lung.
enum LungHull {
    /// The greatest thickness of an opacity against the side of the chest, in millimetres.
    static let thickness = 45.0

    /// One side of the lungs with what lies between it and its convex hull, slice by slice, at the
    /// side and at the back.
    ///
    /// - Parameter side: One lung.
    /// - Returns: The filled side.
    static func filled(_ side: BinaryVolume) -> BinaryVolume {
        let size = side.size
        let (area, width, height) = (size.height * size.width, size.width, size.height)
        var between = BinaryVolume(like: side)
        // The side's own direction: towards the border of the picture that is nearer.
        let columns = side.voxels.indices.filter { side.voxels[$0] }.map { $0 % width }
        guard !columns.isEmpty else { return side }
        let isLeft = columns.reduce(0, +) / columns.count < width / 2
        for slice in 0..<size.depth {
            let start = slice * area
            let places = (0..<area).filter { side.voxels[start + $0] }
            guard places.count > 8 else { continue }
            let spans = hullSpans(places, width: width, height: height)
            var lowest = [Int](repeating: -1, count: width)
            for place in places {
                lowest[place % width] = max(lowest[place % width], place / width)
            }
            // Towards the heart, what is behind a sliver of lung is no lung.
            let sorted = places.map { $0 % width }.sorted()
            let (first, last) = (sorted[0], sorted[sorted.count - 1])
            let medial = (last - first) * 3 / 10
            let behind = isLeft ? first...(last - medial) : (first + medial)...last
            var added: [Int] = []
            var bays = 0
            for (row, span) in spans {
                let own = span.filter { side.voxels[start + row * width + $0] }
                guard let outer = isLeft ? own.first : own.last else { continue }
                let gap = isLeft ? outer - span.lowerBound : span.upperBound - outer
                for column in span where !side.voxels[start + row * width + column] {
                    let isLateral = isLeft ? column < outer : column > outer
                    let isBehind =
                        behind.contains(column) && lowest[column] >= 0 && row > lowest[column]
                    guard isLateral || isBehind else { continue }
                    bays += 1
                    // A longer gap is liver or spleen before the lung's base, a sickle.
                    if isBehind || Double(gap) * side.spacing[2] <= thickness {
                        added.append(start + row * width + column)
                    }
                }
            }
            // More than this is liver or spleen between pieces of the lung's base.
            guard bays * 10 <= places.count * 4 else { continue }
            for index in added { between.voxels[index] = true }
        }
        // Needles along a row, a pixel high, come from the corners of the hull.
        let opacities = between.openedInSlices(by: 4)
        var result = side
        result.formUnion(opacities)
        return result
    }

    /// One side with what lies between lung above and lung below, up to a height.
    ///
    /// Heart, liver and spleen have no lung below them, so this brings in opacities of any density.
    static func bridged(_ side: BinaryVolume, millimetres: Double) -> BinaryVolume {
        let (area, depth) = (side.size.height * side.size.width, side.size.depth)
        let longest = Int(millimetres / side.spacing[0])
        var result = side
        for place in 0..<area {
            var last: Int?
            for slice in 0..<depth where side.voxels[slice * area + place] {
                if let last, slice - last > 1, slice - last - 1 <= longest {
                    for between in (last + 1)..<slice {
                        result.voxels[between * area + place] = true
                    }
                }
                last = slice
            }
        }
        return result
    }

    /// The columns of every row that lie in the convex hull of some pixels.
    ///
    /// - SeeAlso: Andrew, *Another efficient algorithm for convex hulls in two dimensions*, 1979.
    private static func hullSpans(
        _ places: [Int], width: Int, height: Int
    ) -> [(row: Int, span: ClosedRange<Int>)] {
        var first = [Int](repeating: Int.max, count: height)
        var last = [Int](repeating: -1, count: height)
        for place in places {
            let (row, column) = place.quotientAndRemainder(dividingBy: width)
            first[row] = min(first[row], column)
            last[row] = max(last[row], column)
        }
        let rows = (0..<height).filter { last[$0] >= 0 }
        guard let top = rows.first, let bottom = rows.last, bottom > top else { return [] }
        func chain(_ value: (Int) -> Int, _ sign: Int) -> [(row: Int, column: Int)] {
            var chain: [(row: Int, column: Int)] = []
            for row in rows {
                let point = (row: row, column: value(row))
                while chain.count > 1 {
                    let (a, b) = (chain[chain.count - 2], chain[chain.count - 1])
                    let turn =
                        (b.column - a.column) * (point.row - a.row)
                        - (point.column - a.column) * (b.row - a.row)
                    guard turn * sign <= 0 else { break }
                    chain.removeLast()
                }
                chain.append(point)
            }
            return chain
        }
        func columns(_ chain: [(row: Int, column: Int)]) -> [Double] {
            var result = [Double](repeating: 0, count: bottom - top + 1)
            for (a, b) in zip(chain, chain.dropFirst()) {
                for row in a.row...b.row {
                    let share = Double(row - a.row) / Double(max(1, b.row - a.row))
                    result[row - top] = Double(a.column) + share * Double(b.column - a.column)
                }
            }
            return result
        }
        let lefts = columns(chain({ first[$0] }, -1))
        let rights = columns(chain({ last[$0] }, 1))
        return (top...bottom).map { row in
            let low = Int(lefts[row - top].rounded(.up))
            return (row, low...max(low, Int(rights[row - top].rounded(.down))))
        }
    }
}
