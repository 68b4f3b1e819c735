internal import FoundationEssentials
import ImageCodecs

extension Manifest {
    /// Reads a table with the columns `file,label,patient_id,split,series`; others are ignored.
    ///
    /// `file` is a NIfTI file, a picture, a folder whose `.png` and `.tif` files are the slices in
    /// the order of the numbers in their names, or a folder of DICOM files. `label` is a label of
    /// `classes` or a class's number. Without a column `split`, every scan's split is empty; `series`
    /// is needed where a folder holds several DICOM series.
    ///
    /// - Parameters:
    ///   - file: The CSV file.
    ///   - root: The folder that the column `file` is relative to.
    ///   - classes: The class index of every label.
    ///   - missing: What is done about files that do not exist.
    /// - Returns: The scans in the order of the lines.
    /// - Throws: ``ManifestError`` naming the file and the line.
    package static func read(
        table file: String, root: String, classes: [String: Int], missing: MissingFiles = .refuse
    ) throws(ManifestError) -> Manifest {
        let labels = try LabelMap(classes)
        let records = try TableParser(file: file).records(try text(of: file))
        guard let header = records.first else {
            throw .malformed(file: file, line: 1, reason: "empty; the first line names the columns")
        }
        func column(_ name: String) throws(ManifestError) -> Int {
            guard let index = header.fields.firstIndex(of: name) else {
                throw .missingColumn(file: file, column: name, found: header.fields)
            }
            return index
        }
        let fileColumn = try column("file")
        let labelColumn = try column("label")
        let patientColumn = try column("patient_id")
        let splitColumn = header.fields.firstIndex(of: "split")
        let seriesColumn = header.fields.firstIndex(of: "series")
        var manifest = Manifest(root: root, scans: [])
        var seen: [String: String] = [:]
        for record in records.dropFirst() {
            let origin = "\(file):\(record.line)"
            guard record.fields.count == header.fields.count else {
                throw .malformed(
                    file: file, line: record.line,
                    reason:
                        "\(record.fields.count) fields, the first line has \(header.fields.count)")
            }
            let name = record.fields[fileColumn]
            let patient = record.fields[patientColumn]
            for (column, value) in [("file", name), ("patient_id", patient)] where value.isEmpty {
                throw .malformed(file: file, line: record.line, reason: "'\(column)' is empty")
            }
            let series = seriesColumn.map { record.fields[$0] }.flatMap { $0.isEmpty ? nil : $0 }
            let id = series.map { "\(name)#\($0)" } ?? name
            if let first = seen[id] {
                throw .duplicateScan(origin: origin, scan: id, first: first)
            }
            seen[id] = origin
            let (label, index) = try labels.resolve(record.fields[labelColumn], origin: origin)
            guard try manifest.checkFiles([name], origin: origin, missing: missing) else {
                continue
            }
            manifest.scans.append(
                ScanReference(
                    id: id, patient: patient, label: label, classIndex: index,
                    files: try manifest.slices(name, origin: origin, missing: missing),
                    series: series, split: splitColumn.map { record.fields[$0] } ?? "",
                    origin: origin))
        }
        return manifest
    }

    /// The slices in a folder, or the file itself.
    private func slices(
        _ name: String, origin: String, missing: MissingFiles
    ) throws(ManifestError) -> [String] {
        var isFolder = false
        guard missing != .ignore,
            FileManager.default.fileExists(atPath: path(of: name), isDirectory: &isFolder), isFolder
        else {
            return [name]
        }
        guard let slices = try Self.slices(inFolder: path(of: name)) else {
            throw .missingFile(
                origin: origin, file: "\(name)/*.png, *.tif or DICOM slices", root: root)
        }
        return slices.map { "\(name)/\($0)" }
    }

    /// The names of the slices in a folder: pictures in the order of their numbers, else DICOM files;
    /// `nil` when there are neither.
    static func slices(inFolder folder: String) throws(ManifestError) -> [String]? {
        let names = try names(inFolder: folder)
        let pictures = names.filter { !$0.hasPrefix(".") && PictureReader.reads($0) }
        if !pictures.isEmpty { return pictures.sorted(by: Self.precedes) }
        do {
            let dicom = try DICOMScanReader.files(in: folder).dicom
            return dicom.isEmpty ? nil : dicom
        } catch {
            throw .unreadable(file: folder, reason: "\(error)")
        }
    }

    /// The names in a folder, in no order.
    static func names(inFolder folder: String) throws(ManifestError) -> [String] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder
        else {
            throw .unreadable(file: folder, reason: "there is no such folder")
        }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .unreadable(
                file: folder, reason: "its files cannot be listed; may this account read it?")
        }
    }

    /// Orders names by text and number: `slice2` before `slice10`.
    static func precedes(_ left: String, _ right: String) -> Bool {
        let (first, second) = (pieces(left), pieces(right))
        for (a, b) in zip(first, second) where a != b {
            if let x = Int(a), let y = Int(b), x != y { return x < y }
            return a < b
        }
        return first.count < second.count
    }

    private static func pieces(_ name: String) -> [String] {
        var result: [String] = []
        var wasDigit = false
        for character in name {
            let isDigit = character.isASCII && character.isNumber
            if isDigit == wasDigit, !result.isEmpty {
                result[result.count - 1].append(character)
            } else {
                result.append(String(character))
            }
            wasDigit = isDigit
        }
        return result
    }
}
