/// How far neighbours are apart about each slice, so that distances can be said in steps.
///
/// Slices of the belly are alike and those at the lungs' top are not; a distance over the root of
/// both slices' own steps is comparable everywhere.
///
/// - SeeAlso: Zelnik-Manor and Perona, *Self-tuning spectral clustering*, 2004.
struct SliceSteps {
    private let steps: [Float]

    /// The steps of slices that are this far apart: the mean of the two nearest, but for copies.
    init(_ distances: [[Float]]) {
        let own = distances.indices.map { slice -> Float in
            let near = distances[slice].indices.filter {
                $0 != slice && distances[slice][$0] > 1e-6
            }.map { distances[slice][$0] }.sorted().prefix(2)
            return near.isEmpty ? 0 : near.reduce(0, +) / Float(near.count)
        }
        // Near copies would make everything else seem far.
        let least = max(Float(median(own.map(Double.init))) / 4, 1e-6)
        steps = own.map { max($0, least) }
    }

    /// A distance in steps.
    func between(_ first: Int, _ second: Int, _ distance: Float) -> Float {
        distance / (steps[first] * steps[second]).squareRoot()
    }
}
