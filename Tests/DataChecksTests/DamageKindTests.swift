import CTData
import DataChecks
import Foundation
import ImageCodecs
import Phantoms
import RunConfiguration
import TestSupport
import Testing

/// Each kind of damage once, in a set where it stands alone.
@Suite("Damage of a kind")
struct DamageKindTests {
    let folder: TemporaryFolder
    private let size = 96

    init() throws {
        folder = try TemporaryFolder()
        _ = try PhantomSet.write(
            layout: .cleanCCCCII, patients: 8, seed: 7, size: size, to: folder.path)
    }

    private func listed() throws -> ListedScans {
        var data = DataConfiguration()
        data.root = folder.path
        data.table = folder.file("labels.csv")
        data.classes = PhantomLayout.cleanCCCCII.classes
        data.positive = PhantomLayout.cleanCCCCII.positive
        return try ListedScans.read(data, folder: "")
    }

    /// The problems, as scan and kind.
    private func problems() throws -> [(scan: String, kind: Finding.Kind, slices: [Int])] {
        let listed = try listed()
        return DataCheck(listed, records: DataSurvey.records(of: listed)).findings
            .filter { $0.severity == .problem }.map { ($0.scan ?? "", $0.kind, $0.slices) }
    }

    private func pixels(_ scan: ScanReference, _ slice: Int) throws -> [UInt8] {
        try PictureReader.read("\(folder.path)/\(scan.files[slice])").pixels.map { UInt8($0) }
    }

    private func write(
        _ pixels: [UInt8], _ width: Int, _ height: Int, _ scan: ScanReference, _ slice: Int
    ) throws {
        try PNGEncoder.write(
            gray: pixels, width: width, height: height,
            to: "\(folder.path)/\(scan.files[slice])")
    }

    @Test("in one slice is named, with its place")
    func slices() throws {
        let scans = try listed().scans
        // Noise from a fixed sequence, an almost equal neighbour, a cut slice, one of 16 bits.
        var state: UInt32 = 1
        let noisy = try pixels(scans[0], 9).map { value -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(clamping: Int(value) + Int(state >> 25) - 64)
        }
        try write(noisy, size, size, scans[0], 9)
        try write(try pixels(scans[1], 8).map { $0 < 250 ? $0 + 3 : $0 }, size, size, scans[1], 9)
        let cut = try pixels(scans[2], 5)
        try write(Array(cut.prefix((size - 8) * size)), size, size - 8, scans[2], 5)
        try PNGEncoder.write(
            gray16: try pixels(scans[3], 6).map { UInt16($0) * 257 }, width: size, height: size,
            to: "\(folder.path)/\(scans[3].files[6])")
        let found = try problems()
        #expect(found.count == 4, "\(found)")
        for (scan, kind, slice) in [
            (0, Finding.Kind.noisySlice, 9), (1, .nearRepeatedSlice, 9), (2, .mixedSize, 5),
            (3, .mixedType, 6),
        ] {
            #expect(
                found.contains {
                    $0.scan == scans[scan].id && $0.kind == kind && $0.slices == [slice]
                }, "\(kind)")
        }
    }

    /// The air that tissue encloses, with the vessels in it, on black.
    private func lungs(of picture: [UInt8]) -> [UInt8] {
        var outside = [Bool](repeating: false, count: picture.count)
        var open = picture.indices.filter { place in
            let (row, column) = (place / size, place % size)
            return row == 0 || column == 0 || row == size - 1 || column == size - 1
        }
        while let place = open.popLast() {
            guard !outside[place], picture[place] < 128 else { continue }
            outside[place] = true
            if place % size > 0 { open.append(place - 1) }
            if place % size < size - 1 { open.append(place + 1) }
            if place >= size { open.append(place - size) }
            if place < size * (size - 1) { open.append(place + size) }
        }
        var kept = picture.indices.map { picture[$0] < 128 && !outside[$0] }
        for row in 0..<size {
            // What is narrower than six pixels between air and air of a row is a vessel.
            var last: Int?
            for place in (row * size)..<((row + 1) * size) where kept[place] {
                if let last, place - last <= 6 { for gap in last..<place { kept[gap] = true } }
                last = place
            }
        }
        return picture.indices.map { kept[$0] ? picture[$0] : 0 }
    }

    @Test("in a whole scan is named, and only that")
    func scans() throws {
        let scans = try listed().scans.filter { $0.split == "train" }
        // Coronal pictures in the place of axial ones.
        let volume = try scans[0].files.indices.map { try pixels(scans[0], $0) }
        for slice in scans[0].files.indices {
            let row = size / 4 + slice * size / 2 / scans[0].files.count
            let picture = (0..<size).flatMap { place -> [UInt8] in
                let from = volume[volume.count - 1 - place * volume.count / size]
                return Array(from[(row * size)..<((row + 1) * size)])
            }
            try write(picture, size, size, scans[0], slice)
        }
        for slice in scans[1].files.indices {
            try write(try lungs(of: pixels(scans[1], slice)), size, size, scans[1], slice)
        }
        let found = try problems()
        #expect(
            Set(found.map { "\($0.scan) \($0.kind.rawValue)" })
                == ["\(scans[0].id) wrong-plane", "\(scans[1].id) segmentation-differs"])
    }

    @Test("in the lists is named")
    func lists() throws {
        let scans = try listed().scans
        let test = try #require(scans.first { $0.split == "test" })
        // One scan under another name in the other list, and one with another label.
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: folder.file("\(test.label)/copy"), withIntermediateDirectories: true)
        try manager.copyItem(
            atPath: folder.file(test.id), toPath: folder.file("\(test.label)/copy/1"))
        var table = String(decoding: try folder.bytes("labels.csv"), as: UTF8.self)
        table += "\(test.label)/copy/1,\(test.label),copy,train,,\n"
        let wrong = try #require(scans.first { $0.label == "CP" && $0.split == "train" })
        table = table.replacing("\(wrong.id),CP,", with: "\(wrong.id),NCP,")
        // A patient with two scans, one of which goes to the other list.
        let pair = try #require(
            Dictionary(grouping: scans.filter { $0.id != wrong.id && $0.id != test.id }) {
                $0.patient
            }.values.filter { $0.count > 1 && $0[0].split == "train" }
                .min { $0[0].id < $1[0].id })
        table = table.replacing(
            "\(pair[0].id),\(pair[0].label),\(pair[0].patient),train",
            with: "\(pair[0].id),\(pair[0].label),\(pair[0].patient),test")
        _ = try folder.write(Array(table.utf8), "labels.csv")
        let found = try problems().map { "\($0.scan) \($0.kind.rawValue)" }
        #expect(
            Set(found) == [
                "\(test.label)/copy/1 shared-voxels", "\(wrong.id) label-contradicts-name",
                "\(pair[0].patient) shared-patient",
            ])
    }
}
