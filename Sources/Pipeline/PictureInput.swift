import CTData
import RunConfiguration

/// How a scan is read to be looked at: the slices and the field of view of the network's input, with
/// finer rows and columns.
enum PictureInput {
    /// The most that rows and columns are refined.
    private static let largestFactor = 4

    /// The settings of a picture.
    ///
    /// - Parameters:
    ///   - input: The network's input.
    ///   - original: The scan as it is stored.
    /// - Returns: The settings, a whole multiple of the input's height and width that comes up to
    ///   the scan's own resolution, in a window that holds the lung window and the network's own.
    static func settings(
        of input: InputConfiguration, showing original: MeasuredScan.Original
    ) -> InputConfiguration {
        var settings = input
        let own: Double
        switch input.mode {
        case .slices:
            own = Double(original.rows) / (Double(input.height) * input.resizeRatio)
        case .physical:
            let spacing = original.spacingInMillimetres
            own = spacing.count == 3 ? input.spacingInMillimetres[1] / spacing[1] : 1
        }
        let factor = min(max(Int(own.rounded(.up)), 1), largestFactor)
        settings.height *= factor
        settings.width *= factor
        for axis in 1...2 { settings.spacingInMillimetres[axis] /= Double(factor) }
        settings.normalization = .unit
        settings.window = [min(settings.window[0], -1350), max(settings.window[1], 150)]
        return settings
    }
}
