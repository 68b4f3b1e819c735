import Tensors

/// Divides scans by patient, so that no patient is in two parts, with the classes' shares kept.
///
/// The result depends on the patients, their classes and scan counts and the seed, not on the
/// order of the list. A patient with scans of several classes is counted under the class of most.
package enum PatientSplit {
    /// Two parts of a list, as ascending indices into it.
    package struct Halves: Hashable, Sendable {
        /// The part that has the given share.
        package let first: [Int]
        /// The rest.
        package let second: [Int]
    }

    /// Divides a list in two.
    ///
    /// - Parameters:
    ///   - scans: The list.
    ///   - share: The share of each class's patients in the first part, between 0 and 1; each part
    ///     gets at least one patient of every class.
    ///   - seed: The run's seed.
    ///   - name: What the split is for; splits of other names are independent.
    /// - Returns: The two parts.
    /// - Throws: ``ManifestError/tooFewPatients(className:found:needed:purpose:)``.
    package static func halves(
        _ scans: [ScanReference], share: Double, seed: UInt64, name: String
    ) throws(ManifestError) -> Halves {
        precondition(share > 0 && share < 1, "a share between 0 and 1")
        var chosen: Set<String> = []
        for stratum in strata(scans) {
            let count = stratum.patients.count
            guard count >= 2 else {
                throw .tooFewPatients(
                    className: stratum.name, found: count, needed: 2, purpose: "the split '\(name)'"
                )
            }
            let taken = min(max(Int((Double(count) * share).rounded()), 1), count - 1)
            chosen.formUnion(stratum.shuffled(seed: seed, name: name).prefix(taken))
        }
        let halves = Halves(
            first: scans.indices.filter { chosen.contains(scans[$0].patient) },
            second: scans.indices.filter { !chosen.contains(scans[$0].patient) })
        assertDisjoint([halves.first, halves.second], scans)
        return halves
    }

    /// Divides a list in `count` parts of about equal numbers of scans per class.
    ///
    /// - Returns: Per fold the ascending indices of its held-out scans; every scan is in one fold.
    /// - Throws: ``ManifestError/tooFewPatients(className:found:needed:purpose:)``.
    package static func folds(
        _ scans: [ScanReference], count: Int, seed: UInt64, name: String = "folds"
    ) throws(ManifestError) -> [[Int]] {
        precondition(count >= 2, "at least two folds")
        var fold: [String: Int] = [:]
        var totals = [Int](repeating: 0, count: count)
        for stratum in strata(scans) {
            guard stratum.patients.count >= count else {
                throw .tooFewPatients(
                    className: stratum.name, found: stratum.patients.count, needed: count,
                    purpose: "\(count)-fold cross-validation")
            }
            // Patients of many scans first, each to the fold with the fewest scans of the class.
            let order = stratum.shuffled(seed: seed, name: name).enumerated().sorted {
                let (a, b) = (stratum.patients[$0.element] ?? 0, stratum.patients[$1.element] ?? 0)
                return (-a, $0.offset) < (-b, $1.offset)
            }
            var held = [Int](repeating: 0, count: count)
            var people = [Int](repeating: 0, count: count)
            for (_, patient) in order {
                let size = stratum.patients[patient] ?? 0
                let best =
                    (0..<count).min {
                        (held[$0], people[$0], totals[$0], $0) < (
                            held[$1], people[$1], totals[$1], $1
                        )
                    } ?? 0
                fold[patient] = best
                held[best] += size
                people[best] += 1
                totals[best] += size
            }
        }
        let folds = (0..<count).map { index in
            scans.indices.filter { fold[scans[$0].patient] == index }
        }
        assertDisjoint(folds, scans)
        return folds
    }

    /// The patients in both of two lists, in order of name.
    package static func sharedPatients(
        _ first: [ScanReference], _ second: [ScanReference]
    ) -> [String] {
        Set(first.map(\.patient)).intersection(second.map(\.patient)).sorted()
    }

    /// The files in both of two lists, in order of name.
    package static func sharedFiles(
        _ first: [ScanReference], _ second: [ScanReference]
    ) -> [String] {
        Set(first.flatMap(\.files)).intersection(second.flatMap(\.files)).sorted()
    }

    /// The patients of one class and how many scans each has.
    private struct Stratum {
        let classIndex: Int
        let name: String
        let patients: [String: Int]

        func shuffled(seed: UInt64, name: String) -> [String] {
            let sorted = patients.keys.sorted()
            var stream = RandomStream(
                seed: seed, name: "split/\(name)", counters: UInt32(classIndex))
            return stream.permutation(of: sorted.count).map { sorted[$0] }
        }
    }

    private static func strata(_ scans: [ScanReference]) -> [Stratum] {
        var classesOfPatient: [String: [Int: Int]] = [:]
        var labels: [Int: Set<String>] = [:]
        for scan in scans {
            classesOfPatient[scan.patient, default: [:]][scan.classIndex, default: 0] += 1
            labels[scan.classIndex, default: []].insert(scan.label)
        }
        var strata: [Int: [String: Int]] = [:]
        for (patient, classes) in classesOfPatient {
            let most = classes.min { (-$0.value, $0.key) < (-$1.value, $1.key) }?.key ?? 0
            strata[most, default: [:]][patient] = classes.values.reduce(0, +)
        }
        return strata.sorted { $0.key < $1.key }.map { index, patients in
            Stratum(
                classIndex: index, name: (labels[index] ?? []).sorted().joined(separator: "+"),
                patients: patients)
        }
    }

    private static func assertDisjoint(_ parts: [[Int]], _ scans: [ScanReference]) {
        var owner: [String: Int] = [:]
        for (part, indices) in parts.enumerated() {
            for index in indices {
                let first = owner.updateValue(part, forKey: scans[index].patient) ?? part
                precondition(first == part, "a patient in two parts of a split")
            }
        }
        precondition(parts.reduce(0) { $0 + $1.count } == scans.count, "a split that loses scans")
    }
}
