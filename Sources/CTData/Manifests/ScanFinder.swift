internal import FoundationEssentials
import ImageCodecs

/// Finds the scans of a file or folder that no manifest describes.
package enum ScanFinder {
    /// The scans at a place: a volume file, a folder of slices, or a folder with any number of both
    /// somewhere below.
    ///
    /// Files of other kinds are passed over, hidden ones too.
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
            guard NIfTIReader.reads(name) || isSlice(name) else {
                throw .unreadable(
                    file: path,
                    reason: "a scan is a .nii or .nii.gz file, or a folder of "
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
                file: path, reason: "it holds no .nii or .nii.gz file and no folder of slices")
        }
        return found
    }

    private static func collect(
        _ folder: String, name: String, into found: inout [ScanReference]
    ) throws(ManifestError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { !$0.hasPrefix(".") }.sorted(by: Manifest.precedes)
        } catch {
            throw .unreadable(file: folder, reason: "\(error)")
        }
        let slices = names.filter(isSlice)
        if !slices.isEmpty {
            let own = name.isEmpty ? String(folder.split(separator: "/").last ?? "scan") : name
            found.append(scan(own, files: slices.map { "\(folder)/\($0)" }, origin: folder))
        }
        for entry in names {
            let path = "\(folder)/\(entry)"
            let below = name.isEmpty ? entry : "\(name)/\(entry)"
            var isFolder = false
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            if isFolder {
                try collect(path, name: below, into: &found)
            } else if NIfTIReader.reads(entry) {
                found.append(scan(below, files: [path], origin: path))
            }
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
