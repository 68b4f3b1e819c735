import CTData
internal import Foundation
package import ImageCodecs

extension DataCheck {
    /// Cases with pictures, per kind of finding.
    private static let casesPerKind = 4

    /// Writes a page with the findings and pictures of the first cases of each kind.
    ///
    /// - Throws: `ImageCodecError/unwritable`.
    package func writeHTML(to path: String, title: String) throws(ImageCodecError) {
        try FileBytes.write(Array(html(title: title).utf8), to: path)
    }

    func html(title: String) -> String {
        let problems = findings.count { $0.severity == .problem }
        var body = "<h1>Data check: \(HTMLPage.escaped(title))</h1>\n"
        body +=
            "<p>\(listed.scans.count) scans listed, \(records.count) looked at; "
            + "<b>\(problems) problems</b>, \(findings.count - problems) remarks.</p>\n"
        body += countsSection + leaksSection
        for (lists, count) in sharedFiles {
            body += "<p class=\"leak\">\(count) files are in \(HTMLPage.escaped(lists)).</p>\n"
        }
        let pictures = SlicePictures(listed)
        for (kind, own) in kinds where kind != .labelLeak {
            body += section(kind, own, pictures)
        }
        return HTMLPage.page(title: "Data check: \(title)", body: body)
    }

    private var countsSection: String {
        let rows = counts.flatMap { list in
            list.statistics.classes.map { row in
                [list.list, row.name, "\(row.patients)", "\(row.scans)", "\(row.slices)"]
                    .map(HTMLPage.escaped)
            }
        }
        return "<h2>Classes</h2>"
            + HTMLPage.table(["list", "class", "patients", "scans", "slices"], rows)
    }

    private var leaksSection: String {
        guard !leaks.isEmpty else { return "" }
        let rows = leaks.sorted { $0.area > $1.area }.prefix(40).map { leak in
            let kind = leak.isLeak ? "leak" : leak.isHint ? "hint" : ""
            func text(_ value: Double) -> String { String(format: "%.3f", value) }
            return [
                "<span class=\"\(kind)\">\(HTMLPage.escaped(leak.feature))</span>",
                HTMLPage.escaped(leak.list), HTMLPage.escaped(leak.className),
                text(leak.areaOfLower), text(leak.areaOfHigher),
                "<span class=\"bar\" style=\"width:\(Int((leak.area - 0.5) * 240))px\"></span> \(kind)",
            ]
        }
        return
            "<h2>What tells the classes apart without anatomy</h2><p class=\"meaning\">The AUC of "
            + "one number per scan. A network that reaches no more than this has shown nothing.</p>"
            + HTMLPage.table(
                ["feature", "list", "class", "AUC, lower", "AUC, higher", ""], Array(rows))
    }

    private func section(
        _ kind: Finding.Kind, _ own: [Finding], _ pictures: SlicePictures
    ) -> String {
        var text = "<h2>\(kind.rawValue): \(own.count)</h2>\n"
        text += "<p class=\"meaning\">\(HTMLPage.escaped(kind.meaning))</p>\n"
        for finding in own.prefix(Self.casesPerKind) {
            text +=
                "<p><code>\(HTMLPage.escaped(finding.scan ?? finding.split ?? ""))</code> "
                + "\(HTMLPage.escaped(finding.message))</p>\n"
            guard let position = finding.position, !records.isEmpty, kind.hasPictures else {
                continue
            }
            let count = records[position].digests.count
            guard count > 0 else { continue }
            let marked: Set<Int>
            var slices: [Int]
            if finding.slices.count == 1 {
                marked = Set(finding.slices)
                let other = finding.others.compactMap(Int.init)
                slices = [finding.slices[0] - 1, finding.slices[0], finding.slices[0] + 1] + other
                slices = Set(slices.filter { (0..<count).contains($0) }).sorted()
            } else {
                marked = []
                slices = (0..<min(6, count)).map { $0 * (count - 1) / max(1, min(6, count) - 1) }
            }
            text += pictures.strip(position: position, slices: slices, marked: marked)
        }
        guard own.count > Self.casesPerKind else { return text }
        let rest = own.dropFirst(Self.casesPerKind).prefix(400).map { finding in
            [
                "<code>\(HTMLPage.escaped(finding.scan ?? finding.split ?? ""))</code>",
                finding.slices.prefix(8).map(String.init).joined(separator: " "),
                HTMLPage.escaped(finding.message),
            ]
        }
        return text + "<details><summary>\(own.count - Self.casesPerKind) more</summary>"
            + HTMLPage.table(["scan", "slices", "what"], Array(rest)) + "</details>\n"
    }
}

extension Finding.Kind {
    /// What it means, in a sentence.
    package var meaning: String {
        switch self {
        case .missingFile: "A file that a list names does not exist."
        case .damagedFile: "A file cannot be read to its end, or is not what its name says."
        case .mixedType: "A slice is stored as another type than the scan's other slices."
        case .mixedSize: "A slice has other rows or columns than the scan's other slices."
        case .blankSlice: "A slice in the middle of a scan holds one value."
        case .repeatedSlice: "The same pixels stand twice in a scan."
        case .nearRepeatedSlice: "A slice repeats another one's noise, which no second slice does."
        case .noisySlice: "A slice is much rougher than the slices beside it."
        case .disorderedSlices: "Neighbours would be more alike in another order."
        case .wrongPlane: "Pictures are sagittal or coronal, where axial ones are expected."
        case .segmentationDiffers: "Lungs are cut out here and not in most scans, or the reverse."
        case .unknownOrientation: "A volume does not say how it lies in the patient."
        case .unusualType: "A scan is stored as another type than most scans."
        case .sharedPatient: "A patient is in two lists: a test on known patients proves nothing."
        case .sharedVoxels: "Two scans show the same pictures."
        case .labelContradictsName: "A file's name holds the label of another class."
        case .labelLeak: "A number without anatomy tells the classes apart."
        case .fewPatients: "A class has so few patients that figures about it say little."
        }
    }

    /// Whether slices show what it is about.
    var hasPictures: Bool {
        switch self {
        case .missingFile, .sharedPatient, .labelLeak, .fewPatients, .unknownOrientation: false
        default: true
        }
    }
}
