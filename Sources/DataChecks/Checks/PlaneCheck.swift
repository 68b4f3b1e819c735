/// Tells axial pictures of a chest from sagittal and coronal ones.
///
/// An axial picture shows the whole section with air above it. In the other planes the body runs
/// out of the picture at two opposite edges, slice after slice; and one direction there is the one
/// between slices, which is coarser, so that differences along it are not those across it. Wide
/// patients run out of axial pictures at the sides, and their edges run mostly across: real axial
/// scans have ratios down to 0.64, so the limits are not symmetric. Volumes that know how they lie
/// need no such guess.
enum PlaneCheck {
    /// Why the pictures are not axial; `nil` when they may be.
    static func message(for sketches: [SliceSketch]) -> String? {
        guard sketches.count >= 5, let first = sketches.first, min(first.rows, first.columns) >= 32
        else { return nil }
        // Three quarters up: some planes of the body's border show no body.
        func edge(_ index: Int) -> Double {
            sketches.map { $0.tissueAtEdges[index] }.sorted()[sketches.count * 3 / 4]
        }
        let (top, bottom, left, right) = (edge(0), edge(1), edge(2), edge(3))
        let anisotropy = median(
            sketches.map { ($0.gradients.across + 1e-6) / ($0.gradients.down + 1e-6) })
        let ratio = (anisotropy * 100).rounded() / 100
        if !(0.45...1.65).contains(anisotropy) {
            return "differences across and down are as \(ratio) to 1, which pixels of an axial "
                + "picture never are: sagittal or coronal pictures"
        }
        let (ends, sides) = (min(top, bottom), min(left, right))
        func percent(_ value: Double) -> Int { Int((value * 100).rounded()) }
        if ends > 0.15, sides < 0.6 * ends, anisotropy > 1.25 {
            return
                "tissue along \(percent(top)) % of the top and \(percent(bottom)) % of the bottom "
                + "edge, and differences across and down are as \(ratio)"
                + " to 1: sagittal or coronal pictures"
        }
        if sides > 0.4, ends < 0.6 * sides, anisotropy < 0.6 {
            return
                "tissue along \(percent(left)) % of the left and \(percent(right)) % of the right "
                + "edge, and differences across and down are as \(ratio)"
                + " to 1: sagittal or coronal pictures, turned"
        }
        return nil
    }
}
