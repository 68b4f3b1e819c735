/// The slices of one series in anatomical order, and where they lie.
///
/// Pure: headers in, order out.
package struct DICOMSeries: Hashable, Sendable {
    /// The slices from feet to head (or along the axis closest to that of a tilted stack); slices
    /// of one place stand beside each other.
    package let slices: [DICOMHeader]
    /// Whether a slice lies where the one before it does.
    package let repeatsPlace: [Bool]
    /// Three rows of four: from (column, row, slice) to millimetres right, anterior, superior.
    package let affine: [Double]
    /// Whether the slices say how they lie in the patient.
    package let isOriented: Bool
    /// What was odd.
    package let findings: [DICOMFinding]

    /// Chooses a series and brings it in order.
    ///
    /// - Parameters:
    ///   - headers: The images of a folder.
    ///   - name: The UID or the number of the series, or `nil` when there should be only one.
    ///   - folder: Where they are from, for messages.
    /// - Throws: ``ImageCodecError/series(folder:reason:advice:)`` when they are no one scan.
    package init(
        _ headers: [DICOMHeader], named name: String?, folder: String
    ) throws(ImageCodecError) {
        var findings: [DICOMFinding] = []
        var chosen = try Self.choose(headers, named: name, folder: folder)
        let localizers = chosen.count { $0.isLocalizer }
        chosen.removeAll { $0.isLocalizer }
        if localizers > 0 { findings.append(.localizers(count: localizers)) }
        guard let first = chosen.first else {
            throw .series(
                folder: folder,
                reason: localizers > 0 ? "\(localizers) scout views and no slices" : "no slices",
                advice: "name the folder of the axial series")
        }
        try Self.checkAlike(chosen, first, folder)
        if first.slope == nil || first.intercept == nil {
            guard first.isSigned else {
                throw .series(
                    folder: folder,
                    reason: "no RescaleSlope and RescaleIntercept, and samples are unsigned: what "
                        + "they measure is not known",
                    advice: "export the series with its rescale values, or as NIfTI")
            }
            findings.append(.assumedHounsfield)
        }
        let stack = try Stack(chosen, folder: folder)
        findings += stack.findings
        slices = stack.slices
        repeatsPlace = stack.repeatsPlace
        affine = stack.affine
        isOriented = stack.isOriented
        self.findings = findings
    }

    private static func choose(
        _ headers: [DICOMHeader], named name: String?, folder: String
    ) throws(ImageCodecError) -> [DICOMHeader] {
        var groups: [String: [DICOMHeader]] = [:]
        for header in headers { groups[header.series, default: []].append(header) }
        if let name {
            let found = groups.filter { $0.key == name || $0.value.first?.seriesNumber == name }
            guard found.count == 1, let group = found.first else {
                throw .series(
                    folder: folder, reason: "\(found.count) series are called '\(name)'",
                    advice: "there are: \(list(groups))")
            }
            return group.value
        }
        // A series of scout views beside the scan is what scanners make, and cannot be meant.
        let localizers = groups.filter { $0.value.allSatisfy(\.isLocalizer) }
        let scans = groups.filter { localizers[$0.key] == nil }
        guard scans.count <= 1 else {
            throw .series(
                folder: folder, reason: "\(scans.count) series in one folder",
                advice: "name one of them (column 'series' or --series): \(list(scans))")
        }
        return headers
    }

    private static func list(_ groups: [String: [DICOMHeader]]) -> String {
        groups.sorted { $0.key < $1.key }.prefix(8).map { uid, slices in
            let first = slices.first
            let number = first?.seriesNumber ?? ""
            let text = first?.seriesDescription ?? ""
            return "\(uid) (" + (number.isEmpty ? "" : "number \(number), ")
                + (text.isEmpty ? "" : "\(text), ")
                + "\(slices.count) images\(first?.isLocalizer == true ? ", scout" : ""))"
        }.joined(separator: "; ")
    }

    private static func checkAlike(
        _ slices: [DICOMHeader], _ first: DICOMHeader, _ folder: String
    ) throws(ImageCodecError) {
        func refuse(
            _ what: String, _ other: DICOMHeader, _ mine: String, _ its: String
        ) throws(ImageCodecError) -> Never {
            throw .series(
                folder: folder,
                reason: "\(what) differ: \(lastName(first.file)) has \(mine), "
                    + "\(lastName(other.file)) has \(its)",
                advice: "sort the slices into one folder for each scan")
        }
        for slice in slices {
            guard slice.modality == "CT" else {
                throw .series(
                    folder: folder,
                    reason: "\(lastName(slice.file)) is of modality '\(slice.modality)'",
                    advice: "only CT is read, whose numbers are Hounsfield units")
            }
            guard slice.patient == first.patient else {
                try refuse("patients", slice, "'\(first.patient)'", "'\(slice.patient)'")
            }
            guard slice.rows == first.rows, slice.columns == first.columns else {
                try refuse(
                    "sizes", slice, "\(first.columns)×\(first.rows)",
                    "\(slice.columns)×\(slice.rows)")
            }
            guard (slice.slope == nil) == (first.slope == nil),
                (slice.intercept == nil) == (first.intercept == nil)
            else { try refuse("rescale values", slice, "some", "others") }
            if let a = first.spacingInMillimetres, let b = slice.spacingInMillimetres,
                zip(a, b).contains(where: { abs($0 - $1) > 1e-3 * abs($0) })
            {
                try refuse("pixel spacings", slice, "\(a)", "\(b)")
            }
            if let a = first.orientation, let b = slice.orientation,
                zip(a, b).contains(where: { abs($0 - $1) > 0.01 })
            {
                try refuse("orientations", slice, "\(a)", "\(b)")
            }
        }
    }

    /// The last part of a path.
    static func lastName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
