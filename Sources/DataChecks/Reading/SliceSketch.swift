/// What the checks keep of one slice.
struct SliceSketch: Sendable {
    /// 128 bits of the pixels: equal slices have equal digests.
    struct Digest: Hashable, Sendable {
        let first: UInt64
        let second: UInt64
    }

    /// Rows and columns of the thumbnail.
    static let thumbnailSize = 32
    private static let lattice = 48

    let rows: Int
    let columns: Int
    /// How the file stores samples.
    let sample: String
    let digest: Digest
    let mean: Double
    let squares: Double
    let minimum: Double
    let maximum: Double
    let notNumbers: Int
    /// How rough the slice is: the mean of a Laplacian, in greys (Immerkær, 1996).
    let roughness: Double
    /// 32×32 mean greys.
    let thumbnail: [Float]
    /// 32×32 shares of tissue, with a soft threshold: ribs, which come and go from slice to slice,
    /// do not show in it.
    let tissue: [Float]
    /// What a 3×3 mean leaves over at 48×48 points, clipped: noise, which no two scans share.
    let grain: [Float]
    /// The share of tissue along the top, bottom, left and right edge.
    let tissueAtEdges: [Double]
    /// The share of pixels that have exactly the lowest value.
    let background: Double
    /// Of the rows that start in the background, the share whose first content is bright.
    let brightRim: Double?
    /// Mean differences of neighbouring pixels along columns and rows.
    let gradients: (across: Double, down: Double)
    /// Distinct values, counted up to 5.
    let distinctValues: Int

    /// Whether it holds one value.
    var isBlank: Bool { distinctValues <= 1 }
    /// Whether there is next to nothing to see, as at the ends of lungs that were cut out.
    var isNearlyEmpty: Bool { isBlank || background > 0.95 }

    /// The sketch of a slice; `pixels` row by row.
    init(_ pixels: [Float], rows: Int, columns: Int, sample: String, scale: GreyScale) {
        self.rows = rows
        self.columns = columns
        self.sample = sample
        var (first, second): (UInt64, UInt64) = (0xcbf2_9ce4_8422_2325, 0x9e37_79b9_7f4a_7c15)
        var (sum, squares, invalid) = (0.0, 0.0, 0)
        var (least, most) = (Float.infinity, -Float.infinity)
        for pixel in pixels {
            let bits = UInt64(pixel.bitPattern)
            first = (first ^ bits) &* 0x0000_0100_0000_01b3
            second = (second &+ bits) &* 0xbf58_476d_1ce4_e5b9
            second ^= second >> 29
            guard pixel.isFinite else {
                invalid += 1
                continue
            }
            sum += Double(pixel)
            squares += Double(pixel) * Double(pixel)
            if pixel < least { least = pixel }
            if pixel > most { most = pixel }
        }
        digest = Digest(first: first, second: second)
        let count = Double(max(1, pixels.count - invalid))
        mean = sum / count
        self.squares = squares / count
        minimum = invalid < pixels.count ? Double(least) : 0
        maximum = invalid < pixels.count ? Double(most) : 0
        notNumbers = invalid

        var distinct: Set<Float> = []
        for pixel in pixels where distinct.count < 5 { distinct.insert(pixel) }
        distinctValues = distinct.count

        let greys = pixels.map { scale($0) }
        thumbnail = Self.thumbnail(greys, rows, columns)
        tissue = Self.thumbnail(
            greys.map { min(max(($0 - scale.threshold) * 5 + 0.5, 0), 1) }, rows, columns)
        grain = Self.grain(greys, rows, columns)
        (roughness, gradients) = Self.texture(greys, rows, columns)
        func tissueShare(_ places: some Sequence<Int>) -> Double {
            var (inside, all) = (0, 0)
            for place in places {
                all += 1
                if greys[place] > scale.threshold { inside += 1 }
            }
            return Double(inside) / Double(max(all, 1))
        }
        let end = rows * columns
        tissueAtEdges = [
            tissueShare(0..<columns), tissueShare((end - columns)..<end),
            tissueShare(stride(from: 0, to: end, by: columns)),
            tissueShare(stride(from: columns - 1, to: end, by: columns)),
        ]
        background = Double(pixels.count { $0 == least }) / Double(max(pixels.count, 1))
        var (bright, started) = (0, 0)
        for row in stride(from: 0, to: rows, by: 2) where pixels[row * columns] == least {
            let line = pixels[(row * columns)..<((row + 1) * columns)]
            guard let place = line.firstIndex(where: { $0 != least }) else { continue }
            started += 1
            if greys[min(place + 3, (row + 1) * columns - 1)] > 0.4 * scale(most) { bright += 1 }
        }
        brightRim = started > 0 ? Double(bright) / Double(started) : nil
    }

    private static func thumbnail(_ greys: [Float], _ rows: Int, _ columns: Int) -> [Float] {
        let size = thumbnailSize
        func span(_ bin: Int, _ extent: Int) -> Range<Int> {
            let start = min(bin * extent / size, extent - 1)
            return start..<max(start + 1, (bin + 1) * extent / size)
        }
        var result = [Float](repeating: 0, count: size * size)
        for bin in 0..<size {
            let rowSpan = span(bin, rows)
            for other in 0..<size {
                let columnSpan = span(other, columns)
                var sum: Float = 0
                for row in rowSpan {
                    for column in columnSpan { sum += greys[row * columns + column] }
                }
                result[bin * size + other] = sum / Float(rowSpan.count * columnSpan.count)
            }
        }
        return result
    }

    private static func grain(_ greys: [Float], _ rows: Int, _ columns: Int) -> [Float] {
        guard rows >= 5, columns >= 5 else { return [] }
        var result: [Float] = []
        result.reserveCapacity(lattice * lattice)
        for place in 0..<lattice {
            let row = 1 + (place * 2 + 1) * (rows - 2) / (2 * lattice)
            for other in 0..<lattice {
                let column = 1 + (other * 2 + 1) * (columns - 2) / (2 * lattice)
                var sum: Float = 0
                for y in (row - 1)...(row + 1) {
                    for x in (column - 1)...(column + 1) { sum += greys[y * columns + x] }
                }
                result.append(greys[row * columns + column] - sum / 9)
            }
        }
        // Edges lie at one place in neighbouring slices; clipped, they count no more than noise.
        let sizes = result.map(abs).filter { $0 > 0 }.sorted()
        guard !sizes.isEmpty else { return result }
        let limit = 1.5 * sizes[sizes.count / 2]
        return result.map { min(max($0, -limit), limit) }
    }

    private static func texture(
        _ greys: [Float], _ rows: Int, _ columns: Int
    ) -> (roughness: Double, gradients: (across: Double, down: Double)) {
        guard rows >= 3, columns >= 3 else { return (0, (0, 0)) }
        var (rough, across, down) = (0.0, 0.0, 0.0)
        for row in 1..<(rows - 1) {
            let middle = row * columns
            let (above, below) = (middle - columns, middle + columns)
            for column in 1..<(columns - 1) {
                let center = greys[middle + column]
                let sides = greys[middle + column - 1] + greys[middle + column + 1]
                let ends = greys[above + column] + greys[below + column]
                let corners =
                    greys[above + column - 1] + greys[above + column + 1]
                    + greys[below + column - 1] + greys[below + column + 1]
                rough += Double(abs(corners - 2 * (sides + ends) + 4 * center))
                across += Double(abs(greys[middle + column + 1] - center))
                down += Double(abs(greys[below + column] - center))
            }
        }
        let count = Double((rows - 2) * (columns - 2))
        return (rough / count / 6 * 1.2533, (across / count, down / count))
    }
}

/// The correlation of two lists of numbers; 0 when one is constant.
func correlation(_ first: some Collection<Float>, _ second: some Collection<Float>) -> Double {
    let count = Double(first.count)
    guard count > 1, first.count == second.count else { return 0 }
    var (a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for (x, y) in zip(first, second) {
        let (x, y) = (Double(x), Double(y))
        a += x
        b += y
        aa += x * x
        bb += y * y
        ab += x * y
    }
    let spread = (aa - a * a / count) * (bb - b * b / count)
    return spread > 1e-18 ? (ab - a * b / count) / spread.squareRoot() : 0
}

/// The middle of a list; the mean of the two middle ones when there are two, 0 for none.
func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
