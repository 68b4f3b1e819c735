/// One scan of a manifest: who it is of, what it shows and where its slices are.
package struct ScanReference: Hashable, Codable, Sendable {
    /// The scan's name, unique in its manifest: `class/patient/scan`, or the file of a table.
    package let id: String
    /// The patient; never in two parts of a split.
    package let patient: String
    /// The label as the manifest writes it.
    package let label: String
    /// The label's class.
    package let classIndex: Int
    /// Slice files in anatomical order, the one NIfTI file, or DICOM files in any order; relative to
    /// the manifest's root.
    package let files: [String]
    /// The UID or number of the DICOM series, where the files hold several.
    package let series: String?
    /// The part that the manifest assigns the scan to, such as `train`.
    package let split: String
    /// The manifest's file and line or keys, for messages.
    package let origin: String

    /// A scan of the given parts.
    package init(
        id: String, patient: String, label: String, classIndex: Int, files: [String],
        series: String? = nil, split: String, origin: String
    ) {
        self.id = id
        self.patient = patient
        self.label = label
        self.classIndex = classIndex
        self.files = files
        self.series = series
        self.split = split
        self.origin = origin
    }
}
