/// What a shard set knows about a scan without its voxels.
package struct VolumeDescription: Codable, Hashable, Sendable {
    /// The scan's name in its manifest.
    package let id: String
    /// The patient.
    package let patient: String
    /// The label.
    package let label: String
    /// The label's class.
    package let classIndex: Int
    /// The part that the manifest assigns the scan to.
    package let split: String
    /// What was measured while packing.
    package let measured: MeasuredScan
    /// The shard that holds the voxels.
    package let shard: Int
    /// The scan's position in the shard.
    package let position: Int
}

/// How a scan is stored and what its original looked like.
package struct MeasuredScan: Codable, Hashable, Sendable {
    /// How voxels are stored.
    package enum Storage: String, Codable, Hashable, Sendable {
        /// 8-bit pictures.
        case uint8
        /// Hounsfield units, and 16-bit pictures less 32,768.
        case int16
        /// Floats, and volumes with a window narrower than 256.
        case float32
    }

    /// How voxels are stored.
    package let storage: Storage
    /// What to add to a stored number.
    package let offset: Float
    /// What the numbers mean.
    package let scale: IntensityWindow.Scale
    /// The slices that are stored.
    package let storedSlices: Int
    /// The share of the stored voxels that is padding.
    package let paddingShare: Double
    /// The original, before anything was done to it: features that should not tell the class.
    package let original: Original

    /// The original scan.
    package struct Original: Codable, Hashable, Sendable {
        /// Slices.
        package let slices: Int
        /// Rows.
        package let rows: Int
        /// Columns.
        package let columns: Int
        /// Millimetres between slices, rows, columns; empty for pictures.
        package let spacingInMillimetres: [Double]
        /// Whether a volume says how it lies in the patient; true for pictures.
        package let isOriented: Bool
        /// The mean intensity.
        package let mean: Double
        /// The standard deviation of the intensities.
        package let standardDeviation: Double
        /// The lowest intensity.
        package let minimum: Double
        /// The highest intensity.
        package let maximum: Double
        /// Voxels that were no numbers; they are taken as air, or 0 in pictures.
        package let notNumbers: Int
        /// The bytes of all files.
        package let fileBytes: Int
        /// What was odd about a DICOM series that was read all the same; `nil` when nothing was.
        package let findings: [String]?
    }
}
