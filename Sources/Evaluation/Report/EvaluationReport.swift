/// Everything a run says about itself at its end, as Markdown for people and JSON for programs.
///
/// The report never shows an accuracy without the majority class beside it, shows raw counts, both
/// the last epoch and the best one on validation, and how often the test split was opened.
package struct EvaluationReport: Hashable, Codable, Sendable {
    /// The version of the JSON layout.
    package private(set) var format = "voxelnas-report-1"
    /// The run's name.
    package var runName: String
    /// The data set, by name, fingerprints and splits.
    package var data: DataDescription
    /// The class names in the order of the model's outputs.
    package var classes: [String]
    /// The class that sensitivity, precision and the areas are about.
    package var positiveClass: String
    /// Architectures that the search proposed, best first.
    package var candidates: [Candidate] = []
    /// Trainings of the chosen architecture from scratch, one per seed.
    package var retrainings: [Retraining] = []
    /// Other models on the same splits with the same pipeline.
    package var baselines: [Baseline] = []
    /// Tests between pairs of models on the same scans.
    package var comparisons: [Comparison] = []
    /// What features without medical content reach on the test split.
    package var leaks: [TrivialFeatureLeak] = []
    /// Other findings about leaks, one sentence each.
    package var leakNotes: [String] = []
    /// How long the stages took.
    package var timings: [Timing] = []
    /// What the numbers do not show, one sentence each.
    package var limits: [String] = []
    /// What must stand above everything, such as that the run cannot be reproduced.
    package var caution: String?
    /// How often predictions on the test split were computed, over the life of the run.
    ///
    /// One opening evaluates all models that are listed here, together.
    package var testOpenings: Int

    /// A report without results; the tables are filled in as they become known.
    package init(
        runName: String, data: DataDescription, classes: [String], positiveClass: String,
        testOpenings: Int
    ) {
        precondition(classes.contains(positiveClass), "the positive class is one of the classes")
        self.runName = runName
        self.data = data
        self.classes = classes
        self.positiveClass = positiveClass
        self.testOpenings = testOpenings
    }
}
