import CTData
internal import Foundation
import ImageCodecs
import Tensors

/// Brings one scan of a source into a new folder.
struct SetMover {
    let source: String
    let target: String
    let transfer: CleanedSet.Transfer
    /// Whether the class is the first part of every name, as in the paper's lists.
    var isPaperForm = false
    /// The scan's class, new or old.
    var label = ""
    /// Slices that were left out.
    private(set) var removedSlices = 0
    /// The scan's name in the new folder.
    private(set) var name = ""

    init(source: String, target: String, transfer: CleanedSet.Transfer) {
        self.source = source
        self.target = target
        self.transfer = transfer
    }

    /// Moves a scan and returns its files, relative to the new folder.
    mutating func move(_ scan: ScanReference, _ fix: FixList.Fix) throws -> [String] {
        switch scan.files.first.map(ScanVolume.Kind.init) {
        case .nifti: return try moveVolume(scan, fix)
        case .dicom where !fix.removed.isEmpty || fix.reordering != nil || scan.series != nil:
            return try moveSeries(scan, fix)
        case .dicom, .pictures, nil: break
        }
        let numbers = SliceNumbers(files: scan.files, count: scan.files.count)
        let places = fix.places(numbers)
        removedSlices = scan.files.count - places.count
        name = renamed(scan.id, scan)
        guard scan.files != [scan.id] else {
            try bring(scan.files[0], to: name)
            return [name]
        }
        let isChanged = places != Array(scan.files.indices)
        let isReordered = fix.reordering != nil
        var files: [String] = []
        for (rank, place) in places.enumerated() {
            let file = scan.files[place]
            var last = file.split(separator: "/").last.map(String.init) ?? file
            if isReordered, let ending = last.split(separator: ".").last {
                let digits = String(rank)
                last = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                last += ".\(ending)"
            }
            files.append("\(name)/\(last)")
            if isChanged { try bring(file, to: "\(name)/\(last)") }
        }
        // A folder that stays as it is stays one link.
        if !isChanged {
            try bring(
                scan.files[0].split(separator: "/").dropLast().joined(separator: "/"), to: name)
        }
        return files
    }

    private func renamed(_ id: String, _ scan: ScanReference) -> String {
        guard isPaperForm, label != scan.label, id.hasPrefix(scan.label + "/") else { return id }
        return label + id.dropFirst(scan.label.count)
    }

    /// Brings those files of a DICOM series that stay; the slices say themselves where they lie.
    private mutating func moveSeries(_ scan: ScanReference, _ fix: FixList.Fix) throws -> [String] {
        guard fix.reordering == nil else {
            throw ImageCodecError.series(
                folder: scan.id,
                reason: "the fixes give a DICOM series another order, but positions in its files "
                    + "decide the order",
                advice: "take re_order out of its line, or convert the series with data convert")
        }
        let slices = try ScanVolume(scan.files.map(path), series: scan.series).files
        let places = fix.places(SliceNumbers(files: [], count: slices.count))
        removedSlices = slices.count - places.count
        name = renamed(scan.id, scan)
        var files: [String] = []
        for place in places {
            let file =
                source.isEmpty
                ? slices[place] : String(slices[place].dropFirst(source.count + 1))
            files.append("\(name)/\(file.split(separator: "/").last ?? "")")
            try bring(file, to: files[files.count - 1])
        }
        return files
    }

    private mutating func moveVolume(_ scan: ScanReference, _ fix: FixList.Fix) throws -> [String] {
        let file = renamed(scan.files[0], scan)
        name = isPaperForm ? renamed(scan.id, scan) : file
        guard fix.reordering != nil || !fix.removed.isEmpty else {
            try bring(scan.files[0], to: file)
            return [file]
        }
        let image = try NIfTIReader.read(path(scan.files[0]))
        let volume = image.axialVolume()
        let places = fix.places(SliceNumbers(files: [], count: volume.size.depth))
        removedSlices = volume.size.depth - places.count
        guard !places.isEmpty else { return [] }
        let area = volume.size.height * volume.size.width
        var geometry = volume.geometry
        geometry.size.depth = places.count
        let voxels = places.flatMap { volume.voxels[($0 * area)..<(($0 + 1) * area)] }
        try makeFolder(of: file)
        try NIfTIWriter.write(
            Volume(geometry: geometry, voxels: voxels), as: image.isInteger ? .int16 : .float32,
            to: "\(target)/\(file)")
        return [file]
    }

    private func path(_ file: String) -> String { source.isEmpty ? file : source + "/" + file }

    private func makeFolder(of file: String) throws {
        let folder = "\(target)/\(file)".split(
            separator: "/", omittingEmptySubsequences: false
        ).dropLast().joined(separator: "/")
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ImageCodecError.unwritable(file: folder, reason: "\(error)")
        }
    }

    private func bring(_ file: String, to name: String) throws {
        try makeFolder(of: name)
        let absolute = URL(fileURLWithPath: path(file)).resolvingSymlinksInPath().path
        do {
            switch transfer {
            case .link:
                try FileManager.default.createSymbolicLink(
                    atPath: "\(target)/\(name)", withDestinationPath: absolute)
            case .copy:
                try FileManager.default.copyItem(atPath: absolute, toPath: "\(target)/\(name)")
            }
        } catch {
            throw ImageCodecError.unwritable(file: "\(target)/\(name)", reason: "\(error)")
        }
    }
}
