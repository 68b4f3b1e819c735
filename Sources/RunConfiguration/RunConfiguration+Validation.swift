import SearchSpaces

/// Limits that no type can state.
extension RunConfiguration {
    /// Checks every setting against its range.
    ///
    /// - Throws: ``ConfigurationError/invalid(field:found:expected:)`` for the first that is outside.
    package func validate() throws(ConfigurationError) {
        try Self.check(input, "input")
        try Self.check(evaluationInput, "evaluationInput")
        try Self.check(search.alphaOptimizer, "search.alphaOptimizer")
        try Self.check(search.weightOptimizer, "search.weightOptimizer")
        try Self.check(evaluation.optimizer, "evaluation.optimizer")
        _ = try space.searchSpace()
        try Self.check(search.epochs, in: 1...1_000_000, "search.epochs")
        try Self.check(search.paths, in: 1...4096, "search.paths")
        try Self.check(search.microBatches, in: 1...4096, "search.microBatches")
        try Self.check(search.microBatchSize, in: 2...4096, "search.microBatchSize")
        try Self.check(search.calibrationBatches, in: 1...100_000, "search.calibrationBatches")
        try Self.check(search.recordEvery, in: 1...1_000_000, "search.recordEvery")
        try Self.check(search.delay, in: 0...64, "search.delay")
        try Self.check(search.staleness, in: 0...64, "search.staleness")
        guard search.delay == 0 || search.staleness == 0 else {
            throw .invalid(
                field: "search.staleness", found: "\(search.staleness)",
                expected: "0 where search.delay is \(search.delay): a search has one or the other")
        }
        try Self.check(search.temperature, in: 1e-3...1e3, "search.temperature")
        try Self.check(search.finalTemperature, in: 1e-3...1e3, "search.finalTemperature")
        try Self.check(search.alphaDeviation, in: 0...10, "search.alphaDeviation")
        try Self.check(search.dropout, in: 0...0.95, "search.dropout")
        try Self.check(search.labelSmoothing, in: 0...0.9, "search.labelSmoothing")
        try Self.check(evaluation.candidates, in: 1...1000, "evaluation.candidates")
        try Self.check(evaluation.candidateEpochs, in: 0...10_000, "evaluation.candidateEpochs")
        try Self.check(evaluation.candidateRounds, in: 1...10, "evaluation.candidateRounds")
        try Self.check(evaluation.candidateSeeds, in: 1...100, "evaluation.candidateSeeds")
        try Self.check(evaluation.epochs, in: 1...100_000, "evaluation.epochs")
        try Self.check(evaluation.seeds, in: 1...100, "evaluation.seeds")
        try Self.check(evaluation.microBatches, in: 1...4096, "evaluation.microBatches")
        try Self.check(evaluation.microBatchSize, in: 2...4096, "evaluation.microBatchSize")
        try Self.check(evaluation.validateEvery, in: 1...100_000, "evaluation.validateEvery")
        try Self.check(
            evaluation.bootstrapResamples, in: 100...1_000_000, "evaluation.bootstrapResamples")
        try Self.check(evaluation.activationMaps, in: 0...100_000, "evaluation.activationMaps")
        try Self.check(evaluation.dropout, in: 0...0.95, "evaluation.dropout")
        try Self.check(evaluation.labelSmoothing, in: 0...0.9, "evaluation.labelSmoothing")
        try Self.check(data.weightShare, in: 0.05...0.95, "data.weightShare")
        try Self.check(data.validationShare, in: 0.05...0.5, "data.validationShare")
        guard data.folds == 0 || (2...100).contains(data.folds) else {
            throw .invalid(field: "data.folds", found: "\(data.folds)", expected: "0, or 2 to 100")
        }
        guard data.fold >= 0, data.fold < max(data.folds, 1) else {
            throw .invalid(
                field: "data.fold", found: "\(data.fold)", expected: "below data.folds")
        }
        for name in evaluation.fixedNetworks
        where CandidateOperation(named: name) == nil && BaselineNetwork(rawValue: name) == nil {
            throw .unknownChoice(
                field: "evaluation.fixedNetworks", value: name,
                known: CandidateOperation.catalogue.map(\.description)
                    + BaselineNetwork.allCases.map(\.rawValue))
        }
        try checkClasses()
    }

    private func checkClasses() throws(ConfigurationError) {
        let indices = Set(data.classes.values)
        guard indices.count >= 2, indices == Set(0..<indices.count) else {
            throw .invalid(
                field: "data.classes", found: "\(data.classes.sorted { $0.key < $1.key })",
                expected: "a map of labels to class indices 0, 1, … with two classes or more")
        }
        guard data.classes[data.positive] != nil else {
            throw .invalid(
                field: "data.positive", found: "'\(data.positive)'",
                expected: "one of \(data.classes.keys.sorted().joined(separator: ", "))")
        }
    }

    private static func check(
        _ input: InputConfiguration, _ field: String
    ) throws(ConfigurationError) {
        try check(input.depth, in: 1...1024, "\(field).depth")
        try check(input.height, in: 4...2048, "\(field).height")
        try check(input.width, in: 4...2048, "\(field).width")
        try check(input.resizeRatio, in: 1...4, "\(field).resizeRatio")
        guard input.spacingInMillimetres.count == 3,
            input.spacingInMillimetres.allSatisfy({ (0.01...100).contains($0) })
        else {
            throw .invalid(
                field: "\(field).spacingInMillimetres", found: "\(input.spacingInMillimetres)",
                expected: "three numbers of millimetres (depth, height, width)")
        }
        try checkRange(input.window, "\(field).window")
        if !input.rawRange.isEmpty { try checkRange(input.rawRange, "\(field).rawRange") }
        guard input.shifts.count == 3, input.shifts.allSatisfy({ (0...256).contains($0) }) else {
            throw .invalid(
                field: "\(field).shifts", found: "\(input.shifts)",
                expected: "three numbers of voxels (depth, height, width), 0 to 256")
        }
        guard input.flips.count == 3, input.flips.allSatisfy({ (0...1).contains($0) }) else {
            throw .invalid(
                field: "\(field).flips", found: "\(input.flips)",
                expected: "three probabilities (depth, height, width)")
        }
    }

    private static func check(
        _ rule: OptimizerConfiguration, _ field: String
    ) throws(ConfigurationError) {
        try check(rule.learningRate, in: 0...10, "\(field).learningRate")
        try check(rule.finalLearningRate, in: 0...10, "\(field).finalLearningRate")
        try check(rule.momentum, in: 0...0.9999, "\(field).momentum")
        try check(rule.weightDecay, in: 0...1, "\(field).weightDecay")
        try check(rule.gradientClip, in: 0...1e6, "\(field).gradientClip")
        guard rule.betas.count == 2, rule.betas.allSatisfy({ (0..<1).contains($0) }) else {
            throw .invalid(
                field: "\(field).betas", found: "\(rule.betas)",
                expected: "two numbers from 0 up to 1")
        }
    }

    private static func checkRange(
        _ values: [Double], _ field: String
    ) throws(ConfigurationError) {
        guard values.count == 2, values[0] < values[1] else {
            throw .invalid(field: field, found: "\(values)", expected: "[low, high], low < high")
        }
    }

    private static func check<Value: Comparable>(
        _ value: Value, in range: ClosedRange<Value>, _ field: String
    ) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw .invalid(
                field: field, found: "\(value)",
                expected: "\(range.lowerBound) to \(range.upperBound)")
        }
    }
}
