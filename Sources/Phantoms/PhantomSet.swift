internal import Dispatch
internal import FoundationEssentials
package import ImageCodecs
import Synchronization
import Tensors

/// Writes sets of synthetic chest CTs in the folders and files of published data sets.
///
/// A set is a function of its parameters. Beside the scans lie `train.json` and `test.json` in the
/// paper's form, `labels.csv` with the same split, and a lesion mask per scan below `masks`.
package enum PhantomSet {
    /// One scan of a set.
    package struct Scan: Hashable, Sendable {
        /// The label.
        package let label: String
        /// The label's class.
        package let classIndex: Int
        /// The patient.
        package let patient: String
        /// The scan.
        package let scan: String
        /// `train` or `test`.
        package let split: String
        /// The slices' files in order, or the volume's, relative to the set's folder.
        package let files: [String]
        /// The lesion mask's file.
        package let mask: String
        /// The share of the lungs that is lesion.
        package let lesionShare: Double
    }

    /// Writes a set.
    ///
    /// - Parameters:
    ///   - layout: The data set that is imitated.
    ///   - patients: Patients per class; three in ten are for the test.
    ///   - seed: The seed.
    ///   - size: Rows and columns of a slice; slices are a quarter to a half of it in number.
    ///   - opacities: How many ground-glass opacities are shown where the layout has many.
    ///   - folder: Where the set shall be; made when it is missing.
    ///   - progress: Called with the scans done and in all, never twice at once.
    /// - Returns: The scans, in order of class, patient and scan.
    /// - Throws: ``ImageCodecError/unwritable(file:reason:)``.
    package static func write(
        layout: PhantomLayout, patients: Int, seed: UInt64, size: Int,
        opacities: PhantomOpacities = .many, to folder: String,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(ImageCodecError) -> [Scan] {
        precondition(patients > 0 && size >= 16, "an empty set")
        let plans = plan(
            layout, patients: patients, seed: seed, opacities: opacities)
        let results = Mutex<[Int: Result<Scan, ImageCodecError>]>([:])
        let hasFailed = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: plans.count) { index in
            guard !hasFailed.load(ordering: .relaxed) else { return }
            let result: Result<Scan, ImageCodecError>
            do throws(ImageCodecError) {
                result = .success(try write(plans[index], layout, size: size, to: folder))
            } catch {
                hasFailed.store(true, ordering: .relaxed)
                result = .failure(error)
            }
            results.withLock {
                $0[index] = result
                progress($0.count, plans.count)
            }
        }
        var scans: [Scan] = []
        for (_, result) in results.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            scans.append(try result.get())
        }
        for split in ["train", "test"] {
            try FileBytes.write(
                manifest(scans.filter { $0.split == split }, layout), to: "\(folder)/\(split).json")
        }
        try FileBytes.write(table(scans, layout), to: "\(folder)/labels.csv")
        return scans
    }

    private struct Plan {
        let identity: PhantomScan.Identity
        let finding: PhantomFinding
        let label: String
        let patient: String
        let split: String
    }

    private static func plan(
        _ layout: PhantomLayout, patients: Int, seed: UInt64, opacities: PhantomOpacities
    ) -> [Plan] {
        let classCount = Set(layout.classes.values).count
        // Matched ranks go to the same part, so both parts are matched.
        var stream = RandomStream(seed: seed, name: "phantom/split")
        let order = stream.permutation(of: patients)
        let testCount = patients > 1 ? max(1, patients * 3 / 10) : 0
        let test = Set(order.prefix(testCount))
        var plans: [Plan] = []
        for classIndex in 0..<classCount {
            for rank in 0..<patients {
                var severity = RandomStream(
                    seed: seed, name: "phantom/severity", counters: UInt32(classIndex), UInt32(rank)
                )
                var count = RandomStream(seed: seed, name: "phantom/scans", counters: UInt32(rank))
                var (label, finding) = layout.finding(
                    classIndex: classIndex, draw: severity.nextUnit())
                if case .groundGlass = finding, opacities.areSingle(inPatient: rank) {
                    finding = .patch
                }
                for scan in 0..<layout.scanCount(draw: count.nextUnit()) {
                    plans.append(
                        Plan(
                            identity: .init(
                                seed: seed, classIndex: classIndex, rank: rank, scan: scan),
                            finding: finding, label: label,
                            patient: patientName(layout, classIndex, rank, patients),
                            split: test.contains(rank) ? "test" : "train"))
                }
            }
        }
        return plans
    }

    private static func patientName(
        _ layout: PhantomLayout, _ classIndex: Int, _ rank: Int, _ patients: Int
    ) -> String {
        let number = classIndex * patients + rank + 1
        switch layout {
        case .cleanCCCCII: return "\(number)"
        case .mosMedData: return padded(number, 4)
        case .covidCTset: return "patient\(number)"
        }
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func write(
        _ plan: Plan, _ layout: PhantomLayout, size: Int, to folder: String
    ) throws(ImageCodecError) -> Scan {
        let phantom = PhantomScan(
            plan.identity, finding: plan.finding, size: size, slices: (size / 4)...(size / 2))
        let scan: String
        var files: [String] = []
        switch layout {
        case .cleanCCCCII:
            scan = "\(plan.patient)\(plan.identity.scan + 1)"
            let place = "\(plan.label)/\(plan.patient)/\(scan)"
            try makeFolder("\(folder)/\(place)")
            for slice in 0..<phantom.volume.size.depth {
                let name = "\(place)/\(padded(slice, 4)).png"
                try PNGEncoder.write(
                    gray: pixels(phantom.volume, slice) { hu in
                        UInt8(min(max((hu + 1250) / 1500 * 255, 0), 255).rounded())
                    }, width: size, height: size, to: "\(folder)/\(name)")
                files.append(name)
            }
        case .mosMedData:
            scan = plan.patient
            try makeFolder("\(folder)/\(plan.label)")
            let name = "\(plan.label)/study_\(plan.patient).nii.gz"
            try NIfTIWriter.write(phantom.volume, as: .int16, to: "\(folder)/\(name)")
            files.append(name)
        case .covidCTset:
            scan = "SR_\(plan.identity.scan + 2)"
            let place = "\(plan.label)/\(plan.patient)/\(scan)"
            try makeFolder("\(folder)/\(place)")
            for slice in 0..<phantom.volume.size.depth {
                let name = "\(place)/IM\(padded(slice + 1, 5)).tif"
                try TIFFEncoder.write(
                    gray16: pixels(phantom.volume, slice) { UInt16(min(max($0 + 1024, 0), 4095)) },
                    width: size, height: size, to: "\(folder)/\(name)")
                files.append(name)
            }
        }
        try makeFolder("\(folder)/masks")
        let mask = "masks/\(plan.label)_\(plan.patient)_\(scan).nii.gz"
        try NIfTIWriter.write(phantom.lesions, as: .uint8, to: "\(folder)/\(mask)")
        return Scan(
            label: plan.label, classIndex: plan.identity.classIndex, patient: plan.patient,
            scan: scan, split: plan.split, files: files, mask: mask,
            lesionShare: phantom.lesionShare)
    }

    private static func pixels<Sample>(
        _ volume: Volume, _ slice: Int, _ sample: (Float) -> Sample
    ) -> [Sample] {
        let area = volume.size.height * volume.size.width
        return volume.voxels[(slice * area)..<((slice + 1) * area)].map(sample)
    }

    private static func makeFolder(_ path: String) throws(ImageCodecError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(file: path, reason: "\(error)")
        }
    }

    /// The paper's JSON; names need no escapes.
    private static func manifest(_ scans: [Scan], _ layout: PhantomLayout) -> [UInt8] {
        func object(_ entries: [(key: String, value: String)]) -> String {
            "{" + entries.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
        }
        let classes = layout.classes.keys.sorted().map { label in
            let own = scans.filter { $0.label == label }
            let patients = Set(own.map(\.patient)).sorted().map { patient in
                let list = own.filter { $0.patient == patient }.map { scan in
                    let names = scan.files.map { "\"\($0.split(separator: "/").last ?? "")\"" }
                    return (key: scan.scan, value: "[" + names.joined(separator: ",") + "]")
                }
                return (key: patient, value: object(list))
            }
            return (key: label, value: object(patients))
        }
        return Array(object(classes).utf8)
    }

    /// A table with one line per scan; pictures are named by their folder.
    private static func table(_ scans: [Scan], _ layout: PhantomLayout) -> [UInt8] {
        var text = "file,label,patient_id,split,lesion_share,mask\n"
        for scan in scans {
            let first = scan.files.first ?? ""
            let file =
                layout == .mosMedData
                ? first : first.split(separator: "/").dropLast().joined(separator: "/")
            let share = (scan.lesionShare * 10000).rounded() / 10000
            text += "\(file),\(scan.label),\(scan.patient),\(scan.split),\(share),\(scan.mask)\n"
        }
        return Array(text.utf8)
    }
}
