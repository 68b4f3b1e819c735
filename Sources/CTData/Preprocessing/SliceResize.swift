/// Resizes slices, whatever their aspect ratio, and keeps the centre.
///
/// As the paper's code: to `ratio` times the kept size, then the centre; Pillow's bilinear filter
/// with half-pixel centres and antialiasing, columns before rows, or the nearest pixel.
package struct SliceResize: Sendable {
    private let columns: AxisResampling
    private let rows: AxisResampling
    private let inputHeight: Int
    private let inputWidth: Int

    /// A resize of slices of one size.
    ///
    /// - Parameters:
    ///   - inputHeight: The slice's rows.
    ///   - inputWidth: The slice's columns.
    ///   - height: Rows to keep.
    ///   - width: Columns to keep.
    ///   - ratio: The size before the crop over the kept size, at least 1.
    ///   - antialiased: The filter, or else the nearest pixel.
    package init(
        inputHeight: Int, inputWidth: Int, height: Int, width: Int, ratio: Double,
        antialiased: Bool
    ) {
        precondition(ratio >= 1, "a crop larger than the slice")
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        rows = AxisResampling(
            inputCount: inputHeight, resized: Int(Double(height) * ratio), kept: height,
            antialiased: antialiased)
        columns = AxisResampling(
            inputCount: inputWidth, resized: Int(Double(width) * ratio), kept: width,
            antialiased: antialiased)
    }

    /// The resized slice of a slice, both row by row.
    package func callAsFunction(_ slice: [Float]) -> [Float] {
        let narrow = columns.apply(slice, outer: inputHeight, inputCount: inputWidth, inner: 1)
        return rows.apply(narrow, outer: 1, inputCount: inputHeight, inner: columns.count)
    }
}
