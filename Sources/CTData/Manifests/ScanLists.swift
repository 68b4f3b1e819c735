package import RunConfiguration

/// The training and test lists of a run.
package struct ScanLists: Hashable, Sendable {
    /// The folder that file names are relative to.
    package let root: String
    /// Scans to learn from and to choose by.
    package let training: [ScanReference]
    /// Held-out scans, opened once; may be empty.
    package let test: [ScanReference]
    /// Patients of the training list without any scan.
    package let emptyTraining: [Manifest.EmptyPatient]
    /// Patients of the test list without any scan.
    package let emptyTest: [Manifest.EmptyPatient]
    /// What was left out and why.
    package let warnings: [String]

    /// Lists of the given scans.
    package init(
        root: String, training: [ScanReference], test: [ScanReference],
        emptyTraining: [Manifest.EmptyPatient] = [], emptyTest: [Manifest.EmptyPatient] = [],
        warnings: [String] = []
    ) {
        self.root = root
        self.training = training
        self.test = test
        self.emptyTraining = emptyTraining
        self.emptyTest = emptyTest
        self.warnings = warnings
    }

    /// All scans, the training list first: the order of a shard set.
    package var all: [ScanReference] { training + test }

    /// Reads the lists that a run file names.
    ///
    /// - Parameters:
    ///   - data: The run file's settings.
    ///   - folder: The run file's folder, which names are relative to.
    ///   - requiresFiles: False for statistics of a manifest without its files.
    /// - Returns: Both lists.
    /// - Throws: ``ManifestError`` for manifests that cannot be read, have no training scans, or
    ///   share patients between training and test.
    package static func read(
        _ data: DataConfiguration, folder: String, requiresFiles: Bool = true
    ) throws(ManifestError) -> ScanLists {
        let missing: Manifest.MissingFiles =
            !requiresFiles ? .ignore : data.allowMissing ? .leaveOut : .refuse
        func located(_ name: String) -> String {
            if name.hasPrefix("/") || folder.isEmpty { return name }
            return name.isEmpty ? folder : folder + "/" + name
        }
        let root = located(data.root)
        let lists: ScanLists
        switch data.format {
        case .table:
            let manifest = try Manifest.read(
                table: located(data.table), root: root, classes: data.classes, missing: missing)
            lists = ScanLists(
                root: root, training: manifest.scans.filter { data.trainSplits.contains($0.split) },
                test: manifest.scans.filter { data.testSplits.contains($0.split) },
                warnings: manifest.warnings)
            guard !lists.training.isEmpty else {
                let found = Set(manifest.scans.map(\.split)).sorted()
                throw .empty(
                    list: "training",
                    hint: "data.trainSplits is \(data.trainSplits), the table's splits are \(found)"
                )
            }
        case .folders:
            let manifest = try Manifest.read(
                folders: root, classes: data.classes, splits: data.trainSplits + data.testSplits,
                standard: data.trainSplits.first ?? "train")
            lists = ScanLists(
                root: root, training: manifest.scans.filter { data.trainSplits.contains($0.split) },
                test: manifest.scans.filter { data.testSplits.contains($0.split) },
                warnings: manifest.warnings)
            guard !lists.training.isEmpty else {
                throw .empty(
                    list: "training", hint: "no folder in '\(root)' is one of \(data.trainSplits)")
            }
        case .paperJSON:
            let training = try Manifest.read(
                paperJSON: located(data.train), root: root, classes: data.classes, split: "train",
                missing: missing)
            let test =
                data.test.isEmpty
                ? Manifest(root: root, scans: [])
                : try Manifest.read(
                    paperJSON: located(data.test), root: root, classes: data.classes, split: "test",
                    missing: missing)
            lists = ScanLists(
                root: root, training: training.scans, test: test.scans,
                emptyTraining: training.emptyPatients, emptyTest: test.emptyPatients,
                warnings: training.warnings + test.warnings)
            guard !lists.training.isEmpty else {
                throw .empty(list: "training", hint: "look into \(located(data.train))")
            }
        }
        let shared = PatientSplit.sharedPatients(lists.training, lists.test)
        if let example = shared.first {
            throw .sharedPatients(count: shared.count, example: example)
        }
        return lists
    }
}
