import CTData
internal import Foundation
import ImageCodecs
import RunConfiguration

/// A cleaned copy of a set: links or copies of what stays, and manifests that say so.
///
/// Nothing of the source is changed. Folders of pictures whose slices change get a folder of links;
/// a volume whose slices change is written anew.
package enum CleanedSet {
    /// How files of the source come into the new folder.
    package enum Transfer: Hashable, Sendable {
        /// As symbolic links.
        case link
        /// As copies.
        case copy
    }

    /// What was done.
    package struct Summary: Codable, Hashable, Sendable {
        /// Scans that were listed.
        package var scans = 0
        /// Scans that were left out.
        package var discarded = 0
        /// Slices that were left out of scans that stay.
        package var removedSlices = 0
        /// Scans whose slices have another order.
        package var reordered = 0
        /// Scans that have another label.
        package var relabelled = 0
        /// Scans that are in another list.
        package var moved = 0
    }

    /// Applies a fix list.
    ///
    /// - Parameters:
    ///   - fixes: The fixes.
    ///   - file: The fix list's name, for messages.
    ///   - listed: The scans of the source.
    ///   - folder: Where the cleaned set shall be; must be new or empty.
    ///   - transfer: Links or copies.
    /// - Returns: What was done, and the manifests' names in the folder.
    /// - Throws: ``FixListError``, or `ImageCodecError` naming a file.
    package static func write(
        _ fixes: FixList, from file: String, to listed: ListedScans, in folder: String,
        transfer: Transfer
    ) throws -> (summary: Summary, manifests: [String]) {
        let matched = try match(fixes, file, listed)
        let manager = FileManager.default
        if let content = try? manager.contentsOfDirectory(atPath: folder), !content.isEmpty {
            throw ImageCodecError.unwritable(
                file: folder, reason: "not empty; name a new folder for the cleaned set")
        }
        var summary = Summary()
        var cleaned: [ScanReference] = []
        for (position, scan) in listed.scans.enumerated() {
            summary.scans += 1
            let fix = matched[position] ?? FixList.Fix()
            guard !fix.isDiscarded else {
                summary.discarded += 1
                continue
            }
            if fix.reordering != nil { summary.reordered += 1 }
            if !fix.newLabel.isEmpty { summary.relabelled += 1 }
            if !fix.newSplit.isEmpty { summary.moved += 1 }
            let label = fix.newLabel.isEmpty ? scan.label : fix.newLabel
            var mover = SetMover(source: listed.root, target: folder, transfer: transfer)
            mover.isPaperForm = listed.data.format == .paperJSON
            mover.label = label
            let files = try mover.move(scan, fix)
            summary.removedSlices += mover.removedSlices
            guard !files.isEmpty else {
                summary.discarded += 1
                continue
            }
            cleaned.append(
                ScanReference(
                    id: mover.name, patient: scan.patient, label: label,
                    classIndex: listed.data.classes[label] ?? scan.classIndex, files: files,
                    split: fix.newSplit.isEmpty ? scan.split : fix.newSplit, origin: scan.origin))
        }
        let manifests = try ManifestWriter.write(
            cleaned, like: listed.data, splits: listed.splits, to: folder)
        try FileBytes.write(Array(fixes.text.utf8), to: "\(folder)/fixes.csv")
        return (summary, manifests)
    }

    private static func match(
        _ fixes: FixList, _ file: String, _ listed: ListedScans
    ) throws(FixListError) -> [Int: FixList.Fix] {
        var byName: [String: [Int]] = [:]
        var byParts: [String: [Int]] = [:]
        for (position, scan) in listed.scans.enumerated() {
            byName[scan.id, default: []].append(position)
            let name = scan.id.split(separator: "/").last.map(String.init) ?? scan.id
            byParts["\(scan.label)/\(scan.patient)/\(name)", default: []].append(position)
        }
        var matched: [Int: FixList.Fix] = [:]
        for (line, fix) in fixes.fixes.enumerated() {
            let key = fix.scan.isEmpty ? "\(fix.label)/\(fix.patient)/\(fix.name)" : fix.scan
            let places = (fix.scan.isEmpty ? byParts[key] : byName[key]) ?? []
            let inList = places.filter { fix.list.isEmpty || listed.scans[$0].split == fix.list }
            guard !inList.isEmpty else {
                throw .unknownScan(file: file, line: line + 2, scan: key)
            }
            if !fix.newLabel.isEmpty, listed.data.classes[fix.newLabel] == nil {
                throw .malformed(
                    file: file, line: line + 2,
                    reason: "label '\(fix.newLabel)' has no class in data.classes")
            }
            for position in inList { matched[position] = fix }
        }
        return matched
    }
}
