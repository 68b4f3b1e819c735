/// What was odd about a DICOM series that was read all the same.
package enum DICOMFinding: Hashable, Sendable, CustomStringConvertible {
    /// Scout views, left out.
    case localizers(count: Int)
    /// Files that are no DICOM images of one slice, left out.
    case foreignFiles(count: Int, example: String)
    /// Slices of the same position and pixels as another, left out.
    case duplicates(count: Int, example: String)
    /// Steps between slices that are not all alike.
    case gap(after: String, millimetres: Double, usual: Double)
    /// Slices that are stacked askew: a tilted gantry.
    case tilt(degrees: Double)
    /// Slices that do not say where they lie.
    case noPosition(order: String)
    /// Slices that do not say how thick they are or far apart.
    case noSpacing
    /// Signed samples without slope and intercept, taken as Hounsfield units.
    case assumedHounsfield
    /// Slices that are not cut across the body.
    case notAxial(plane: String)
    /// Samples that stand for no measurement, read as air.
    case padding(share: Double)

    /// Whether distances between slices cannot be relied on.
    package var breaksDistances: Bool {
        switch self {
        case .gap, .noPosition, .noSpacing: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .localizers(let count): "left out \(count) scout views"
        case .foreignFiles(let count, let example):
            "left out \(count) files that are no slices, such as \(example)"
        case .duplicates(let count, let example):
            "left out \(count) slices that are there twice, such as \(example)"
        case .gap(let file, let found, let usual):
            "\(rounded(found)) mm after \(file), \(rounded(usual)) mm elsewhere: slices are missing"
        case .tilt(let degrees): "the gantry was tilted by \(rounded(degrees))°"
        case .noPosition(let order): "no positions; in the order of \(order)"
        case .noSpacing: "no distance between slices"
        case .assumedHounsfield: "no slope and intercept; signed samples taken as Hounsfield units"
        case .notAxial(let plane): "cut as \(plane), turned to axial"
        case .padding(let share):
            "\(rounded(share * 100)) % of the samples are padding, read as air"
        }
    }

    private func rounded(_ value: Double) -> String {
        let hundredths = (value * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? "\(Int(hundredths))" : "\(hundredths)"
    }
}
