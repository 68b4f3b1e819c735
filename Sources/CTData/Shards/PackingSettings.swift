package import RunConfiguration

/// The settings that decide the bytes of packed shards.
///
/// Slice selection, window, normalisation and flips are not among them: they happen at load, so
/// one shard set serves every choice of them.
package struct PackingSettings: Codable, Hashable, Sendable {
    /// The layout of the files; raised when it changes.
    package let format: Int
    /// Whether slices or a block in millimetres are stored.
    package let mode: InputConfiguration.Mode
    /// Slices of the block (`physical`), 0 in `slices`: every slice is stored.
    package let depth: Int
    /// Rows.
    package let height: Int
    /// Columns.
    package let width: Int
    /// How slices are resized (`slices`).
    package let resize: InputConfiguration.Resize
    /// The size before the crop over the kept size (`slices`).
    package let resizeRatio: Double
    /// Millimetres between voxels (`physical`), empty in `slices`.
    package let spacingInMillimetres: [Double]
    /// Whether voxels of volumes are rounded to whole numbers; not when the window is narrow.
    package let roundsVolumes: Bool

    /// The part of an input's settings that matters.
    ///
    /// - Throws: ``ShardError/badSettings(_:)``.
    package init(_ input: InputConfiguration) throws(ShardError) {
        guard (1...4096).contains(input.depth), (1...4096).contains(input.height),
            (1...4096).contains(input.width)
        else {
            throw .badSettings("input.depth, height and width should be 1 to 4096")
        }
        guard input.resizeRatio >= 1, input.resizeRatio <= 8 else {
            throw .badSettings(
                "input.resizeRatio is \(input.resizeRatio); it should be 1 to 8, the size before "
                    + "the crop over the size after it")
        }
        guard
            input.spacingInMillimetres.count == 3,
            input.spacingInMillimetres.allSatisfy({ $0 > 0 && $0 <= 100 })
        else {
            throw .badSettings(
                "input.spacingInMillimetres is \(input.spacingInMillimetres); it should be three "
                    + "positive numbers: slices, rows, columns")
        }
        let window = try IntensityWindow(bounds: input.window, field: "input.window")
        format = 1
        mode = input.mode
        height = input.height
        width = input.width
        resize = input.mode == .slices ? input.resize : .antialiased
        resizeRatio = input.mode == .slices ? input.resizeRatio : 1
        depth = input.mode == .slices ? 0 : input.depth
        spacingInMillimetres = input.mode == .slices ? [] : input.spacingInMillimetres
        // One unit is at most 1/256 of such a window: no worse than an 8-bit picture.
        roundsVolumes = window.high - window.low >= 256
    }
}
