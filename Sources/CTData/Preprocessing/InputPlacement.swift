package import RunConfiguration

/// Where the voxels of a scan lie in the input volume that was made of it.
///
/// Along each axis a voxel of the scan has a coordinate in voxels of the input, 0 being the centre
/// of the first, or none where the network does not see it.
package struct InputPlacement: Hashable, Sendable {
    /// The coordinate of every slice of the scan.
    package let slices: [Double?]
    /// The coordinate of every row.
    package let rows: [Double?]
    /// The coordinate of every column.
    package let columns: [Double?]

    /// The placement of a scan that a loader makes an input of.
    ///
    /// - Parameters:
    ///   - original: What the scan looked like, in axial order.
    ///   - selected: The slices that the input is made of; not used in `physical` mode.
    ///   - input: The settings.
    package init(
        of original: MeasuredScan.Original, selected: [Int], input: InputConfiguration
    ) {
        switch input.mode {
        case .slices:
            slices = Self.slices(original.slices, selected: selected)
            rows = Self.cropped(original.rows, kept: input.height, ratio: input.resizeRatio)
            columns = Self.cropped(original.columns, kept: input.width, ratio: input.resizeRatio)
        case .physical:
            func axis(_ count: Int, _ index: Int, _ kept: Int) -> [Double?] {
                let spacing =
                    original.spacingInMillimetres.indices.contains(index)
                    ? original.spacingInMillimetres[index] : 1
                return Self.block(
                    count, spacing: spacing, target: input.spacingInMillimetres[index], kept: kept)
            }
            slices = axis(original.slices, 0, input.depth)
            rows = axis(original.rows, 1, input.height)
            columns = axis(original.columns, 2, input.width)
        }
    }

    /// Slices between two selected ones lie between them; a slice that was taken several times lies
    /// amid its copies; slices beyond the outermost, by more than half a step, are not seen.
    private static func slices(_ count: Int, selected: [Int]) -> [Double?] {
        var places: [(slice: Int, place: Double)] = []
        var position = 0
        while position < selected.count {
            let end = selected[position...].prefix { $0 == selected[position] }.count + position
            places.append((selected[position], Double(position + end - 1) / 2))
            position = end
        }
        guard let first = places.first, let last = places.last else {
            return Array(repeating: nil, count: count)
        }
        let step = places.count > 1 ? (last.slice - first.slice) / (places.count - 1) : 1
        return (0..<count).map { slice in
            if slice <= first.slice { return first.slice - slice <= step / 2 ? first.place : nil }
            if slice >= last.slice { return slice - last.slice <= step / 2 ? last.place : nil }
            let next = places.firstIndex { $0.slice >= slice } ?? places.count - 1
            let (low, high) = (places[max(next - 1, 0)], places[next])
            let share = Double(slice - low.slice) / Double(high.slice - low.slice)
            return low.place + share * (high.place - low.place)
        }
    }

    /// The inverse of ``SliceResize``: `kept` of `kept · ratio` pixels around the middle.
    private static func cropped(_ count: Int, kept: Int, ratio: Double) -> [Double?] {
        let resized = Int(Double(kept) * ratio)
        let first = AxisResampling.cropStart(resized, kept)
        return (0..<count).map { index in
            seen(
                (Double(index) + 0.5) * Double(resized) / Double(count) - 0.5 - Double(first),
                of: kept)
        }
    }

    /// The inverse of ``PhysicalResampling``: steps of `target` millimetres about the centre.
    private static func block(
        _ count: Int, spacing: Double, target: Double, kept: Int
    ) -> [Double?] {
        let center = Double(count - 1) / 2
        return (0..<count).map { index in
            seen(
                (Double(index) - center) * spacing / target + Double(kept - 1) / 2, of: kept)
        }
    }

    private static func seen(_ place: Double, of count: Int) -> Double? {
        place >= -0.5 && place <= Double(count) - 0.5 ? place : nil
    }
}
