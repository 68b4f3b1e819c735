internal import FoundationEssentials
import ImageCodecs

/// Finds the scans of a file or folder that no manifest describes.
package enum ScanFinder {
    /// The scans at a place: a volume file, a folder of slices or DICOM series, or a folder with any
    /// number of these somewhere below.
    ///
    /// Files of other kinds are passed over, hidden ones too. Every DICOM series of a folder is a
    /// scan; where a folder holds several, their names end in `#` and the series' UID, as in tables.
    ///
    /// - Parameter path: A file or folder.
    /// - Returns: The scans in the order of their names, which are relative to a folder `path`;
    ///   labels and patients are empty. Their files are relative to the working folder.
    /// - Throws: ``ManifestError`` when there is nothing that could be a scan.
    package static func scans(at path: String) throws(ManifestError) -> [ScanReference] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .unreadable(file: path, reason: "there is no such file or folder")
        }
        guard isFolder else {
            let name = String(path.split(separator: "/").last ?? "")
            guard NIfTIReader.reads(name) || isSlice(name) || DICOMReader.reads(path) else {
                throw .unreadable(
                    file: path,
                    reason: "a scan is a .nii or .nii.gz file, or a folder of DICOM files or of "
                        + PictureReader.endings.map { ".\($0)" }.joined(separator: ", ")
                        + " slices")
            }
            return [scan(name, files: [path], origin: path)]
        }
        let root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        var found: [ScanReference] = []
        try collect(root, name: "", into: &found)
        guard !found.isEmpty else {
            throw .unreadable(
                file: path,
                reason: "it holds no .nii or .nii.gz file, no DICOM series and no folder of slices")
        }
        return found
    }

    private static func collect(
        _ folder: String, name: String, into found: inout [ScanReference]
    ) throws(ManifestError) {
        let names = try Manifest.names(inFolder: folder)
            .filter { !$0.hasPrefix(".") }.sorted(by: Manifest.precedes)
        let slices = names.filter(isSlice)
        if !slices.isEmpty {
            let own = name.isEmpty ? String(folder.split(separator: "/").last ?? "scan") : name
            found.append(scan(own, files: slices.map { "\(folder)/\($0)" }, origin: folder))
        }
        var dicom: [String] = []
        for entry in names {
            let path = "\(folder)/\(entry)"
            let below = name.isEmpty ? entry : "\(name)/\(entry)"
            var isFolder = false
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            if isFolder {
                try collect(path, name: below, into: &found)
            } else if NIfTIReader.reads(entry) {
                found.append(scan(below, files: [path], origin: path))
            } else if !isSlice(entry), entry.uppercased() != "DICOMDIR", DICOMReader.reads(path) {
                dicom.append(path)
            }
        }
        found += series(of: dicom, in: folder, name: name)
    }

    /// The series of a folder's DICOM files, each a scan.
    ///
    /// Files that have no readable header go with every series, whose reader says what is wrong.
    private static func series(
        of files: [String], in folder: String, name: String
    ) -> [ScanReference] {
        guard !files.isEmpty else { return [] }
        let own = name.isEmpty ? String(folder.split(separator: "/").last ?? "scan") : name
        var series: [String: [DICOMHeader]] = [:]
        var unreadable: [String] = []
        for file in files {
            if let header = try? DICOMReader.header(file) {
                series[header.series, default: []].append(header)
            } else {
                unreadable.append(file)
            }
        }
        // Scout views lie beside the scans that were planned with them.
        let scans = series.filter { !$0.value.allSatisfy(\.isLocalizer) }
        guard scans.count > 1 else { return [scan(own, files: files, origin: folder)] }
        return scans.sorted { Manifest.precedes($0.key, $1.key) }.map { uid, headers in
            scan("\(own)#\(uid)", files: headers.map(\.file) + unreadable, origin: folder)
        }
    }

    private static func isSlice(_ name: String) -> Bool {
        PictureReader.endings.contains { name.lowercased().hasSuffix(".\($0)") }
    }

    private static func scan(_ id: String, files: [String], origin: String) -> ScanReference {
        ScanReference(
            id: id, patient: "", label: "", classIndex: 0, files: files, split: "", origin: origin)
    }
}
