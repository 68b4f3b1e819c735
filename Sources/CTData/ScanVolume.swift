internal import FoundationEssentials
package import ImageCodecs

/// A scan as one volume in Hounsfield units, of whichever format holds volumes.
package struct ScanVolume: Sendable {
    /// The voxels in the standard axial order.
    package var volume: Volume
    /// Whether the file says how it lies in the patient.
    package let isOriented: Bool
    /// Whether distances between slices are known and all alike.
    package let hasDistances: Bool
    /// The files: the one of a NIfTI volume, or those of the slices from the first to the last.
    package let files: [String]
    /// What was odd; empty for NIfTI.
    package let findings: [String]

    /// How the files of a scan hold it.
    package enum Kind: Hashable, Sendable {
        /// One NIfTI file.
        case nifti
        /// Pictures, one for each slice.
        case pictures
        /// DICOM files.
        case dicom

        /// The kind of a file, by its name; what is neither NIfTI nor a picture must be DICOM, whose
        /// files have any ending or none.
        package init(of file: String) {
            self =
                NIfTIReader.reads(file) ? .nifti : PictureReader.reads(file) ? .pictures : .dicom
        }
    }

    /// Reads a NIfTI file, a DICOM file or a folder of DICOM files.
    ///
    /// - Throws: `ImageCodecError` naming the file or folder.
    package init(contentsOf path: String, series: String? = nil) throws(ImageCodecError) {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
            guard Kind(of: path) != .pictures else {
                throw .unsupported(
                    file: path, found: "a picture", advice: "name a NIfTI file or a DICOM folder")
            }
            try self.init([path], series: series)
            return
        }
        let names = try DICOMScanReader.files(in: path).dicom
        guard !names.isEmpty else {
            throw .unreadable(
                file: path,
                reason: "no DICOM files in this folder; name the folder that holds the "
                    + "slices of a series")
        }
        try self.init(names.map { "\(path)/\($0)" }, series: series)
    }

    /// Reads the files of a scan.
    ///
    /// - Parameters:
    ///   - paths: One NIfTI file, or DICOM files.
    ///   - series: The UID or number of the DICOM series, where there are several.
    /// - Throws: `ImageCodecError` naming the file or folder.
    package init(_ paths: [String], series: String?) throws(ImageCodecError) {
        let first = paths.first ?? ""
        if NIfTIReader.reads(first) {
            let image = try NIfTIReader.read(first)
            volume = image.axialVolume()
            isOriented = image.isOriented
            hasDistances = true
            files = [first]
            findings = []
        } else {
            let folder = first.lastIndex(of: "/").map { String(first[..<$0]) } ?? "."
            let scan = try DICOMScanReader.read(
                paths, series: series, folder: paths.count == 1 ? first : folder)
            volume = scan.volume
            isOriented = scan.isOriented
            hasDistances = !scan.findings.contains(where: \.breaksDistances)
            files = scan.files
            findings = scan.findings.map(\.description)
        }
    }
}
