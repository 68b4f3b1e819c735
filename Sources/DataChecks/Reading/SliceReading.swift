import CTData
import Foundation
import ImageCodecs
import Tensors

/// The slices of a scan as they are read, or why they are not.
struct ReadScan {
    /// A slice that was not read.
    struct Failure: Hashable {
        let slice: Int
        let kind: Finding.Kind
        let reason: String
    }

    var sketches: [SliceSketch?] = []
    var failures: [Failure] = []
    var isVolume = false
    var isOriented = true
    var spacingInMillimetres: [Double] = []
    var fileBytes = 0
    /// Counts of greys in 64 equal steps.
    var histogram = [Int](repeating: 0, count: 64)
    var scale: GreyScale?

    /// Reads every slice; a failure is kept and the rest is still read.
    init(_ scan: ScanReference, root: String) {
        let paths = scan.files.map { root.isEmpty ? $0 : root + "/" + $0 }
        for path in paths { fileBytes += (try? FileBytes.size(of: path)) ?? 0 }
        if let path = paths.first, ScanVolume.Kind(of: path) != .pictures {
            readVolume(paths, series: scan.series)
        } else {
            readPictures(paths)
        }
    }

    private mutating func readVolume(_ paths: [String], series: String?) {
        isVolume = true
        if let path = paths.first(where: { !FileManager.default.fileExists(atPath: $0) }) {
            failures.append(Failure(slice: 0, kind: .missingFile, reason: "no file \(path)"))
            return
        }
        let read: ScanVolume
        do {
            read = try ScanVolume(paths, series: series)
        } catch {
            failures.append(Failure(slice: 0, kind: .damagedFile, reason: "\(error)"))
            return
        }
        let volume = read.volume
        isOriented = read.isOriented
        spacingInMillimetres = volume.geometry.spacingInMillimetres
        let (area, size) = (volume.size.height * volume.size.width, volume.size)
        let scale = GreyScale.hounsfield.dividing(
            volume.voxels.indices.lazy.filter { $0 % 7 == 0 }.map { volume.voxels[$0] })
        self.scale = scale
        let isInteger = volume.voxels.allSatisfy { $0 == $0.rounded() }
        for slice in 0..<size.depth {
            let pixels = Array(volume.voxels[(slice * area)..<((slice + 1) * area)])
            count(pixels, scale)
            sketches.append(
                SliceSketch(
                    pixels, rows: size.height, columns: size.width,
                    sample: isInteger ? "integer volume" : "float volume", scale: scale))
        }
    }

    private mutating func readPictures(_ paths: [String]) {
        // The scale and its threshold come from seven slices of the type that most of them have.
        let samples = (0..<7).map { (2 * $0 + 1) * paths.count / 14 }.compactMap {
            try? PictureReader.read(paths[$0])
        }
        let scales = samples.map { GreyScale($0) }
        let usual = scales.max { a, b in scales.count { $0 == a } < scales.count { $0 == b } }
        let scale = usual.map { usual in
            usual.dividing(zip(samples, scales).filter { $0.1 == usual }.flatMap(\.0.pixels))
        }
        self.scale = scale
        for (index, path) in paths.enumerated() {
            do {
                let picture = try PictureReader.read(path)
                let own = GreyScale(picture)
                // A slice of another type keeps its own range and the scan's threshold.
                let fits = scale.map { $0.low == own.low && $0.high == own.high } ?? false
                let used = fits ? scale ?? own : own.dividing(picture.pixels)
                if fits { count(picture.pixels, used) }
                sketches.append(
                    SliceSketch(
                        picture.pixels, rows: picture.height, columns: picture.width,
                        sample: picture.sample.rawValue, scale: used))
            } catch {
                let isThere = FileManager.default.fileExists(atPath: path)
                failures.append(
                    Failure(
                        slice: index, kind: isThere ? .damagedFile : .missingFile,
                        reason: isThere ? "\(error)" : "no file \(path)"))
                sketches.append(nil)
            }
        }
    }

    private mutating func count(_ pixels: [Float], _ scale: GreyScale) {
        for pixel in pixels { histogram[min(63, Int(scale(pixel) * 64))] += 1 }
    }
}
