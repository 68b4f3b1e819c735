extension Predictions {
    /// The predictions as CSV, one row per scan.
    ///
    /// The header is `scan,patient,label,prediction,p_<class>…`, followed by `l_<class>…` when
    /// every row has logits. Numbers are written with as many digits as it takes to read the same
    /// number back.
    package var csv: String {
        let withLogits = !rows.isEmpty && rows.allSatisfy { $0.logits != nil }
        var lines = [header(withLogits: withLogits)]
        for row in rows {
            var fields = [row.scan, row.patient, classes[row.label], classes[row.predicted]]
            fields += row.probabilities.map { "\($0)" }
            if withLogits { fields += (row.logits ?? []).map { "\($0)" } }
            lines.append(fields)
        }
        return lines.map { fields in
            fields.map(CommaSeparatedValues.field).joined(separator: ",") + "\n"
        }.joined()
    }

    private func header(withLogits: Bool) -> [String] {
        ["scan", "patient", "label", "prediction"] + classes.map { "p_" + $0 }
            + (withLogits ? classes.map { "l_" + $0 } : [])
    }

    /// Reads what ``csv`` writes; the classes come from the header.
    ///
    /// - Throws: ``EvaluationError/predictionsFile(line:problem:)`` naming the first line that has
    ///   another number of fields, an unknown class, a number that does not parse, no valid
    ///   distribution, a scan seen before, or a `prediction` that is not the most probable class.
    package init(csv: String) throws(EvaluationError) {
        let records = try CommaSeparatedValues.records(csv)
        guard let header = records.first else {
            throw .predictionsFile(line: 1, problem: "the file is empty; a header was expected")
        }
        let (classes, withLogits) = try Self.classes(header)
        var rows: [Prediction] = []
        var scans = Set<String>()
        for record in records.dropFirst() {
            let row = try Self.row(record, classes: classes, withLogits: withLogits)
            guard scans.insert(row.scan).inserted else {
                throw .predictionsFile(
                    line: record.line, problem: "scan '\(row.scan)' appears twice")
            }
            rows.append(row)
        }
        try self.init(classes: classes, rows: rows)
    }

    private static func classes(
        _ header: CommaSeparatedValues.Record
    ) throws(EvaluationError) -> (names: [String], withLogits: Bool) {
        let fixed = ["scan", "patient", "label", "prediction"]
        let names = header.fields.dropFirst(4).filter { $0.hasPrefix("p_") }
            .map { String($0.dropFirst(2)) }
        let plain = fixed + names.map { "p_" + $0 }
        let complete = plain + names.map { "l_" + $0 }
        guard !names.isEmpty, header.fields == plain || header.fields == complete else {
            throw .predictionsFile(
                line: header.line,
                problem: "the header is '\(header.fields.joined(separator: ","))'; expected "
                    + "scan,patient,label,prediction,p_<class>… and optionally l_<class>…")
        }
        guard Set(names).count == names.count else {
            throw .predictionsFile(line: header.line, problem: "a class is named twice")
        }
        return (names, header.fields == complete)
    }

    private static func row(
        _ record: CommaSeparatedValues.Record, classes: [String], withLogits: Bool
    ) throws(EvaluationError) -> Prediction {
        let expected = 4 + classes.count * (withLogits ? 2 : 1)
        func fail(_ problem: String) -> EvaluationError {
            .predictionsFile(line: record.line, problem: problem)
        }
        guard record.fields.count == expected else {
            throw fail("\(record.fields.count) fields; expected \(expected)")
        }
        var indices: [Int] = []
        for name in record.fields[2...3] {
            guard let index = classes.firstIndex(of: name) else {
                let known = classes.joined(separator: ", ")
                throw fail("no class '\(name)'; the header names \(known)")
            }
            indices.append(index)
        }
        var numbers: [Double] = []
        for text in record.fields[4...] {
            guard let number = Double(text), number.isFinite else {
                throw fail("'\(text)' is not a finite number")
            }
            numbers.append(number)
        }
        let row = Prediction(
            scan: record.fields[0], patient: record.fields[1], label: indices[0],
            probabilities: Array(numbers.prefix(classes.count)),
            logits: withLogits ? Array(numbers.dropFirst(classes.count)) : nil)
        if let problem = problem(of: row, classes: classes.count) { throw fail(problem) }
        // Equal probabilities leave the choice to whoever wrote the file.
        guard row.probabilities[indices[1]] == row.probabilities[row.predicted] else {
            throw fail(
                "prediction '\(classes[indices[1]])' is not the most probable class, "
                    + "'\(classes[row.predicted])'")
        }
        return row
    }
}
