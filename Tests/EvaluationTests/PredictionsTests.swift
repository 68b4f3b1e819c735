import Evaluation
import Testing

@Suite("Predictions")
struct PredictionsTests {
    static let header = "scan,patient,label,prediction,p_CP,p_NCP\n"

    @Test("survive a round trip through CSV, whatever the names", arguments: [false, true])
    func roundTrip(withLogits: Bool) throws {
        let classes = ["NCP, severe", "say \"CP\"", "line\nbreak"]
        let rows = [
            Prediction(
                scan: "a,b", patient: "\"q\"", label: 2, probabilities: [0.1, 0.2, 0.7],
                logits: withLogits ? [-1.5, 1.0 / 3, 2] : nil),
            Prediction(
                scan: "", patient: "x\r\ny", label: 0, probabilities: [1.0 / 3, 2.0 / 3, 0],
                logits: withLogits ? [0, 1e-300, 3] : nil),
        ]
        let predictions = try Predictions(classes: classes, rows: rows)
        #expect(try Predictions(csv: predictions.csv) == predictions)
    }

    @Test("have the documented CSV form")
    func form() throws {
        let predictions = try Predictions(
            classes: ["CP", "NCP"],
            rows: [Prediction(scan: "s", patient: "p", label: 0, probabilities: [0.25, 0.75])])
        #expect(predictions.csv == Self.header + "s,p,CP,NCP,0.25,0.75\n")
    }

    @Test("are read with a byte-order mark, CRLF, blank lines and no last line end")
    func tolerantReading() throws {
        let text =
            "\u{feff}" + Self.header.replacing("\n", with: "\r\n") + "\r\ns,p,CP,NCP,0.25,0.75"
        #expect(try Predictions(csv: text).rows.map(\.predicted) == [1])
    }

    @Test(
        "name the line of a mistake",
        arguments: [
            ("", 1), ("scan,label\n", 1), ("scan,patient,label,prediction,p_A,p_A\n", 1),
            (header + "s,p,CP,CP,0.9\n", 2), (header + "s,p,XX,CP,0.9,0.1\n", 2),
            (header + "s,p,CP,CP,0.9,0.1\n\nt,p,CP,CP,0.9,x\n", 4),
            (header + "s,p,CP,CP,0.9,nan\n", 2), (header + "s,p,CP,CP,1.1,-0.1\n", 2),
            (header + "s,p,CP,CP,0.9,0.2\n", 2), (header + "s,p,CP,NCP,0.9,0.1\n", 2),
            (header + "s,p,CP,CP,0.9,0.1\ns,p,CP,CP,0.9,0.1\n", 3),
            (header + "\"s\ns\",p,CP,CP,0.9,0.1\nt,p\n", 4), (header + "\"s,p\n", 2),
            (header + "s\"s,p,CP,CP,0.9,0.1\n", 2), (header + "\"s\"s,p,CP,CP,0.9,0.1\n", 2),
        ])
    func mistakes(text: String, line: Int) {
        let error = #expect(throws: EvaluationError.self) { try Predictions(csv: text) }
        #expect(error?.description.hasPrefix("predictions, line \(line):") == true)
    }

    @Test(
        "must be distributions over the classes",
        arguments: [
            Prediction(scan: "s", patient: "p", label: 2, probabilities: [0.5, 0.5]),
            Prediction(scan: "s", patient: "p", label: 0, probabilities: [1]),
            Prediction(scan: "s", patient: "p", label: 0, probabilities: [.nan, 1]),
            Prediction(scan: "s", patient: "p", label: 0, probabilities: [0.4, 0.5]),
            Prediction(scan: "s", patient: "p", label: 0, probabilities: [0, 1], logits: [1]),
        ])
    func invalid(row: Prediction) {
        #expect(throws: EvaluationError.self) { try Predictions(classes: ["a", "b"], rows: [row]) }
    }

    @Test("group rows by patient in an order that does not depend on the rows'")
    func patients() throws {
        let predictions = try Samples.binary(
            [0.1, 0.2, 0.3], positive: [true, false, true], patients: ["z", "a", "z"])
        #expect(predictions.rowsByPatient == [[1], [0, 2]])
    }
}
