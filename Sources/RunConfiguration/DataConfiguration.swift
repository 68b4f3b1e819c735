/// Where the scans are, what their labels mean, and how patients are split.
package struct DataConfiguration: Codable, Hashable, Sendable {
    /// The kinds of manifest.
    package enum Format: String, ConfigurationChoice {
        /// The paper's JSON: class → patient → scan → slice files.
        case paperJSON = "paper-json"
        /// A table with the columns `file,label,patient_id,split`; others are ignored.
        case table = "csv"
        /// No list: the subfolders of the root are the classes.
        case folders
    }

    /// The kind of manifest.
    package var format = Format.table
    /// The folder that file names are relative to; relative itself to the run file's folder.
    package var root = ""
    /// The manifest of the training list (`paper-json`), relative to the run file's folder.
    package var train = ""
    /// The manifest of the held-out test list (`paper-json`), relative to the run file's folder.
    package var test = ""
    /// The table (`csv`), relative to the run file's folder.
    package var table = ""
    /// Which values of the column `split` are for training.
    package var trainSplits = ["train"]
    /// Which values of the column `split` are the held-out test.
    package var testSplits = ["test"]
    /// The class index of every label; several labels may share an index.
    package var classes: [String: Int] = [:]
    /// The label whose class counts as positive.
    package var positive = ""
    /// The share of the training patients whose scans train the weights in the search (D_T); the
    /// rest (D_V) trains alpha and ranks candidates.
    package var weightShare = 0.5
    /// The share of the training patients held out to rank candidates and to choose checkpoints.
    package var validationShare = 0.2
    /// With two or more, `voxelnas crossvalidate` runs once per fold, over training and test lists together.
    package var folds = 0
    /// The fold that is held out as the test list, from 0; `voxelnas crossvalidate` sets it.
    package var fold = 0
    /// Leaves scans without files out with a warning, instead of stopping.
    package var allowMissing = false

    /// The defaults.
    package init() {}
}
