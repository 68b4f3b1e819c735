package import CTData
package import RunConfiguration

/// The scans of a run file, read without refusing what a check shall find.
package struct ListedScans: Sendable {
    /// The folder that file names are relative to.
    package let root: String
    /// Every scan of every list, in the manifests' order; `split` says which list.
    package let scans: [ScanReference]
    /// Patients without scans, by list.
    package let emptyPatients: [String: [Manifest.EmptyPatient]]
    /// Names of scans whose files do not exist.
    package let missing: Set<String>
    /// The settings that were read.
    package let data: DataConfiguration

    /// Lists of the given scans.
    package init(
        root: String, scans: [ScanReference],
        emptyPatients: [String: [Manifest.EmptyPatient]] = [:],
        missing: Set<String> = [], data: DataConfiguration
    ) {
        self.root = root
        self.scans = scans
        self.emptyPatients = emptyPatients
        self.missing = missing
        self.data = data
    }

    /// The names of the lists, those for training first and the test lists last.
    package var splits: [String] {
        Set(scans.map(\.split)).sorted { (order(of: $0), $0) < (order(of: $1), $1) }
    }

    /// Whether a list is one that is held out.
    package func isTest(_ split: String) -> Bool { order(of: split) == 2 }

    private func order(of split: String) -> Int {
        switch data.format {
        case .paperJSON: split == "test" ? 2 : 0
        case .table, .folders:
            data.testSplits.contains(split) ? 2 : data.trainSplits.contains(split) ? 0 : 1
        }
    }

    /// The class names by index; labels that share an index are joined by plus signs.
    package var classNames: [String] {
        (0...(data.classes.values.max() ?? 0)).map { index in
            data.classes.filter { $0.value == index }.keys.sorted().joined(separator: "+")
        }
    }

    /// Reads the lists that a run file names.
    ///
    /// - Parameters:
    ///   - data: The run file's settings.
    ///   - folder: The run file's folder, which names are relative to.
    ///   - readsFiles: False for the lists alone, whose files are not here.
    /// - Returns: The scans of all lists.
    /// - Throws: `ManifestError` for manifests that cannot be read or name no scan.
    package static func read(
        _ data: DataConfiguration, folder: String, readsFiles: Bool = true
    ) throws(ManifestError) -> ListedScans {
        func located(_ name: String) -> String {
            if name.hasPrefix("/") || folder.isEmpty { return name }
            return name.isEmpty ? folder : folder + "/" + name
        }
        let root = located(data.root)
        var scans: [ScanReference] = []
        var empty: [String: [Manifest.EmptyPatient]] = [:]
        var found: Set<String> = []
        func add(
            _ list: String, _ read: (Manifest.MissingFiles) throws(ManifestError) -> Manifest
        ) throws(ManifestError) {
            let listed = try read(.ignore)
            if !listed.emptyPatients.isEmpty { empty[list] = listed.emptyPatients }
            guard readsFiles else {
                scans += listed.scans
                return
            }
            // What exists comes with the slices of its folders; the rest stays as it is listed.
            let existing = try read(.leaveOut)
            let byName = Dictionary(
                existing.scans.map { ("\($0.split)/\($0.id)", $0) },
                uniquingKeysWith: { first, _ in first })
            for scan in listed.scans {
                if let existing = byName["\(scan.split)/\(scan.id)"] {
                    scans.append(existing)
                    found.insert(scan.id)
                } else {
                    scans.append(scan)
                }
            }
        }
        switch data.format {
        case .table:
            try add("") { missing throws(ManifestError) in
                try Manifest.read(
                    table: located(data.table), root: root, classes: data.classes,
                    missing: missing)
            }
        case .folders:
            try add("") { _ throws(ManifestError) in
                try Manifest.read(
                    folders: root, classes: data.classes,
                    splits: data.trainSplits + data.testSplits,
                    standard: data.trainSplits.first ?? "train")
            }
        case .paperJSON:
            for (name, split) in [(data.train, "train"), (data.test, "test")] where !name.isEmpty {
                try add(split) { missing throws(ManifestError) in
                    try Manifest.read(
                        paperJSON: located(name), root: root, classes: data.classes, split: split,
                        missing: missing)
                }
            }
        }
        guard !scans.isEmpty else {
            throw .empty(list: "whole", hint: "name a table or manifests in the run file's data")
        }
        return ListedScans(
            root: root, scans: scans, emptyPatients: empty,
            missing: readsFiles ? Set(scans.map(\.id)).subtracting(found) : [], data: data)
    }
}
