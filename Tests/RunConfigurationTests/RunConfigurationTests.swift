import RunConfiguration
import SearchSpaces
import Testing

@Suite("A run file")
struct RunConfigurationTests {
    static let minimal = """
        name: small
        data:
          classes: {Normal: 0, NCP: 1}
          positive: NCP
        """

    @Test("fills in the defaults")
    func defaults() throws {
        let run = try RunConfiguration(reading: Self.minimal, file: "run.yaml")
        #expect(run.search.epochs == 100)
        #expect(run.search.weightOptimizer.gradientClip == 5)
        #expect(run.search.alphaOptimizer.betas == [0.5, 0.999])
        #expect(run.classNames == ["Normal", "NCP"])
        #expect(run.positiveClass == 1)
    }

    @Test("takes the evaluation input from the search input where it says nothing")
    func evaluationInput() throws {
        let run = try RunConfiguration(
            reading: Self.minimal + "\ninput: {depth: 8, window: [-500, 500]}\n"
                + "evaluationInput: {depth: 32}\n", file: "run.yaml")
        #expect(run.evaluationInput.depth == 32)
        #expect(run.evaluationInput.window == [-500, 500])
        #expect(run.input.depth == 8)
    }

    @Test(
        "is refused with file, line and choices",
        arguments: [
            ("search: {epoch: 3}", "run.yaml:5: no setting 'search.epoch'; known here: "),
            ("search: {preset: darts}", "search.preset: no choice 'darts'; known: paper, uniform"),
            ("search: {epochs: many}", "run.yaml:5: search.epochs should be Int"),
            ("search: {epochs: 0}", "search.epochs is 0; it should be 1 to 1000000"),
            ("space: {preset: custom, widths: [8]}", "space is 1 widths, 0 blocks, 0 strides"),
            (
                "space: {operations: [k3e3, k9e9]}",
                "space.operations[1] is k9e9; it should be k3e3, "
            ),
            ("space: {operations: [skip, skip]}", "space.operations[1] is skip; it should be each"),
            ("input: 3", "run.yaml:5: input should be a mapping"),
            ("evaluationInput: {window: [3, 1]}", "evaluationInput.window is [3.0, 1.0]"),
        ])
    func refused(line: String, message: String) {
        #expect {
            try RunConfiguration(reading: Self.minimal + "\n" + line, file: "run.yaml")
        } throws: { "\($0)".hasPrefix(message) || "\($0)" == message }
    }

    @Test("narrows what a slot may be, in the order that is given")
    func operations() throws {
        let run = try RunConfiguration(
            reading: Self.minimal + "\nspace: {operations: [k5e4, k3e6]}\n", file: "run.yaml")
        let space = try run.space.searchSpace()
        #expect(space.operations.map(\.description) == ["k5e4", "k3e6"])
        let whole = try SpaceConfiguration().searchSpace()
        #expect(whole.operations == CandidateOperation.catalogue)
    }

    @Test("gives way to settings of the command line")
    func overrides() throws {
        let run = try RunConfiguration(
            reading: Self.minimal + "\nsearch: {epochs: 3, paths: 2}\n", file: "run.yaml",
            overrides: ["search.epochs=5", "input.window=[-10, 10]", "data.classes.CP=2"])
        #expect(run.search.epochs == 5)
        #expect(run.search.paths == 2)
        #expect(run.input.window == [-10, 10])
        #expect(run.data.classes == ["Normal": 0, "NCP": 1, "CP": 2])
        #expect(throws: ConfigurationError.self) {
            try RunConfiguration(reading: Self.minimal, file: "", overrides: ["search.epoch=5"])
        }
        #expect(throws: ConfigurationError.self) {
            try RunConfiguration(reading: Self.minimal, file: "", overrides: ["search.epochs"])
        }
    }

    @Test("reads its own canonical form")
    func canonical() throws {
        let run = try RunConfiguration(reading: Self.minimal, file: "run.yaml")
        let again = try RunConfiguration(reading: run.canonicalJSON, file: "canonical")
        #expect(again == run)
        #expect(again.digest == run.digest)
    }

    @Test("hashes what decides the result and nothing else")
    func digest() throws {
        var run = try RunConfiguration(reading: Self.minimal, file: "run.yaml")
        let before = run.digest
        run.deployment.output = "elsewhere"
        #expect(run.digest == before)
        run.search.temperature = 2
        #expect(run.digest != before)
    }
}
