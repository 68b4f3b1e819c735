internal import FoundationEssentials
import ImageCodecs

extension Manifest {
    /// Reads a folder whose subfolders are the classes.
    ///
    /// The layouts that data sets come in:
    ///
    /// - `class/patient/scan/` with slices: Clean-CC-CCII, COVID-CTset
    /// - `class/scan/` with slices, each of a patient of its own
    /// - `class/study.nii.gz`, each of a patient of its own: MosMedData
    /// - `class/patient/study.nii.gz`
    /// - `class/x_patient1_SR_2_IM00012.tif`: the training lists of COVID-CTset
    ///
    /// Slices are pictures or DICOM files. The classes may lie in folders that are splits, and all
    /// of it one folder below the root, as in `studies/CT-0/study_0001.nii.gz`.
    ///
    /// - Parameters:
    ///   - root: The folder.
    ///   - classes: The class index of every class folder.
    ///   - splits: The names of folders that are splits.
    ///   - standard: The split of scans that are in no such folder.
    /// - Returns: The scans in the order of split, class and name.
    /// - Throws: ``ManifestError`` naming the folder.
    package static func read(
        folders root: String, classes: [String: Int], splits: [String], standard: String
    ) throws(ManifestError) -> Manifest {
        let labels = try LabelMap(classes)
        let tree = FolderTree(root: root)
        var manifest = Manifest(root: root, scans: [])
        for place in try tree.places(classes: Set(classes.keys), splits: splits) {
            for label in try tree.folders(place.folder) {
                let folder = place.folder.isEmpty ? label : "\(place.folder)/\(label)"
                guard classes[label] != nil else {
                    guard try tree.scans(of: folder).isEmpty else {
                        throw .unknownLabel(
                            origin: tree.path(folder), label: label, known: classes.keys.sorted())
                    }
                    continue
                }
                let (name, index) = try labels.resolve(label, origin: folder)
                for scan in try tree.scans(of: folder) {
                    manifest.scans.append(
                        ScanReference(
                            id: scan.id, patient: scan.patient, label: name, classIndex: index,
                            files: scan.files, split: place.split ?? standard,
                            origin: tree.path(folder)))
                }
            }
        }
        guard !manifest.scans.isEmpty else {
            throw .empty(
                list: "scan",
                hint: "no folder in '\(root)' is named like a class "
                    + "(\(classes.keys.sorted().joined(separator: ", "))) and holds scans")
        }
        return manifest
    }
}

/// What lies below a data set's root folder.
private struct FolderTree {
    /// A scan that was found.
    struct Scan {
        let id: String
        let patient: String
        let files: [String]
    }

    let root: String

    func path(_ folder: String) -> String { folder.isEmpty ? root : "\(root)/\(folder)" }

    /// The names in a folder, without hidden ones, by text and number.
    func names(_ folder: String) throws(ManifestError) -> [String] {
        try Manifest.names(inFolder: path(folder))
            .filter { !$0.hasPrefix(".") && !$0.hasPrefix("__MACOSX") }
            .sorted { Manifest.precedes($0, $1) }
    }

    func folders(_ folder: String) throws(ManifestError) -> [String] {
        try names(folder).filter { name in
            var isFolder = false
            let path = path(folder.isEmpty ? name : "\(folder)/\(name)")
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
        }
    }

    /// The folders that hold the classes' folders: the root, its splits, or those of its one folder
    /// that has them.
    func places(
        classes: Set<String>, splits: [String]
    ) throws(ManifestError) -> [(folder: String, split: String?)] {
        func places(in folder: String) throws(ManifestError) -> [(folder: String, split: String?)] {
            let folders = try folders(folder)
            if folders.contains(where: classes.contains) { return [(folder, nil)] }
            var found: [(folder: String, split: String?)] = []
            for split in folders where splits.contains(split) {
                found.append((folder.isEmpty ? split : "\(folder)/\(split)", split))
            }
            return found
        }
        let direct = try places(in: "")
        if !direct.isEmpty { return direct }
        var deeper: [[(folder: String, split: String?)]] = []
        for folder in try folders("") {
            let found = try places(in: folder)
            if !found.isEmpty { deeper.append(found) }
        }
        guard deeper.count == 1 else {
            throw .empty(
                list: "scan",
                hint: "\(deeper.count) folders in '\(root)' hold folders named like a class "
                    + "(\(classes.sorted().joined(separator: ", "))) or a split "
                    + "(\(splits.joined(separator: ", "))); data.root should be the folder of them")
        }
        return deeper[0]
    }

    /// The scans of a class, or of a patient in a class.
    func scans(of folder: String, patient: String? = nil) throws(ManifestError) -> [Scan] {
        var scans: [Scan] = []
        let inside = try folders(folder)
        let names = try names(folder)
        for name in names where NIfTIReader.reads(name) && !inside.contains(name) {
            let stem = name.prefix(while: { $0 != "." })
            scans.append(
                Scan(
                    id: "\(folder)/\(name)", patient: patient ?? String(stem),
                    files: ["\(folder)/\(name)"]))
        }
        for name in inside {
            let path = "\(folder)/\(name)"
            if let slices = try Manifest.slices(inFolder: self.path(path)) {
                scans.append(
                    Scan(
                        id: path, patient: patient ?? name, files: slices.map { "\(path)/\($0)" }))
            } else if patient == nil {
                scans += try self.scans(of: path, patient: name)
            }
        }
        if patient == nil {
            scans += try loose(
                names.filter { PictureReader.reads($0) && !inside.contains($0) }, folder)
        }
        return scans
    }

    /// Slices of many scans in one folder, told apart by names such as `a_patient1_SR_2_IM00012.tif`.
    private func loose(_ names: [String], _ folder: String) throws(ManifestError) -> [Scan] {
        var files: [String: [String]] = [:]
        var patients: [String: String] = [:]
        for name in names {
            let parts = name.split(separator: "_").map(String.init)
            guard let series = parts.lastIndex(of: "SR"), series >= 1, series + 2 < parts.count
            else {
                throw .malformed(
                    file: "\(path(folder))/\(name)", line: 1,
                    reason: "a slice beside others whose name says no patient and series "
                        + "(…_patient1_SR_2_IM00012.tif); put every scan into a folder of its own")
            }
            let scan = parts[...(series + 1)].joined(separator: "_")
            files[scan, default: []].append("\(folder)/\(name)")
            patients[scan] = parts[series - 1]
        }
        return files.sorted { Manifest.precedes($0.key, $1.key) }.map { scan, files in
            Scan(
                id: "\(folder)/\(scan)", patient: patients[scan] ?? scan,
                files: files.sorted { Manifest.precedes($0, $1) })
        }
    }
}
