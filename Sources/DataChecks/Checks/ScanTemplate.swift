/// A scan as a few small pictures, for comparing scans.
enum ScanTemplate {
    /// The thumbnails, from the first to the last slice.
    static let count = 8
    /// Rows and columns of one.
    static let size = 16

    /// Eight pictures of 16×16 greys at even places, or fewer than eight slices' none.
    static func thumbnails(_ sketches: [SliceSketch]) -> [[Float]] {
        guard sketches.count >= count else { return [] }
        return (0..<count).map { place in
            let slice = sketches[place * (sketches.count - 1) / (count - 1)]
            let side = SliceSketch.thumbnailSize
            var small = [Float](repeating: 0, count: size * size)
            for row in 0..<side {
                for column in 0..<side {
                    small[row / 2 * size + column / 2] += slice.thumbnail[row * side + column] / 4
                }
            }
            return small
        }
    }
}
