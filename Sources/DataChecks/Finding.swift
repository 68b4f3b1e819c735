/// One thing that a check found.
package struct Finding: Codable, Hashable, Sendable {
    /// What was found.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// A file that does not exist.
        case missingFile = "missing-file"
        /// A file that cannot be read to its end, or is not what its name says.
        case damagedFile = "damaged-file"
        /// A slice stored as another type than the scan's others.
        case mixedType = "mixed-type"
        /// A slice of another size than the scan's others.
        case mixedSize = "mixed-size"
        /// A slice of one value.
        case blankSlice = "blank-slice"
        /// A slice that occurs twice in its scan.
        case repeatedSlice = "repeated-slice"
        /// A slice that is another one but for noise or brightness.
        case nearRepeatedSlice = "near-repeated-slice"
        /// A slice much noisier than its neighbours.
        case noisySlice = "noisy-slice"
        /// Slices that are not in anatomical order.
        case disorderedSlices = "disordered-slices"
        /// Sagittal or coronal pictures where axial ones should be.
        case wrongPlane = "wrong-plane"
        /// Lungs cut out in this scan and not in most, or the other way round.
        case segmentationDiffers = "segmentation-differs"
        /// A volume that does not say how it lies in the patient.
        case unknownOrientation = "unknown-orientation"
        /// A scan stored as another type than most scans.
        case unusualType = "unusual-type"
        /// A patient in two lists.
        case sharedPatient = "shared-patient"
        /// The same pictures under two names.
        case sharedVoxels = "shared-voxels"
        /// A file name that holds another class's label.
        case labelContradictsName = "label-contradicts-name"
        /// A feature without anatomy that tells the classes apart.
        case labelLeak = "label-leak"
        /// A class with too few patients to say anything.
        case fewPatients = "few-patients"
    }

    /// How much it matters.
    package enum Severity: String, Codable, Sendable {
        /// Results would be wrong.
        case problem
        /// Somebody should look.
        case remark
    }

    /// What was found.
    package let kind: Kind
    /// How much it matters.
    package let severity: Severity
    /// The scan; `nil` for what concerns a list, and the patient for shared patients.
    package let scan: String?
    /// The scan's position among all listed scans.
    package let position: Int?
    /// The list.
    package let split: String?
    /// Positions of slices in the scan's list, from 0.
    package let slices: [Int]
    /// The other scans or slices that it is about.
    package let others: [String]
    /// What it is, in words.
    package let message: String

    /// A finding of the given parts.
    package init(
        _ kind: Kind, severity: Severity = .problem, scan: String? = nil, position: Int? = nil,
        split: String? = nil, slices: [Int] = [], others: [String] = [], _ message: String
    ) {
        self.kind = kind
        self.severity = severity
        self.scan = scan
        self.position = position
        self.split = split
        self.slices = slices
        self.others = others
        self.message = message
    }
}

extension Finding.Kind {
    /// Kinds that compare slices with their neighbours, which must be axial and whole for that.
    static let ofLikeness: Set<Finding.Kind> = [
        .disorderedSlices, .repeatedSlice, .nearRepeatedSlice, .noisySlice, .blankSlice,
    ]
}
