import CPlainReaders
import CTData
import Foundation
import ImageCodecs
import RunConfiguration

// Times reading against what the libraries alone need:
//   ReadersBenchmark png FILE… | nifti FILE… | shards FOLDER
// Both sides are measured in turns, and the fastest turn of each counts, because a shared machine
// only ever makes a turn slower. Prints one line of JSON.

func seconds(_ work: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(work) / .seconds(1)
}

func printed(_ values: [String: Double]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(values), as: UTF8.self))
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: ReadersBenchmark png FILE… | nifti FILE… | shards FOLDER")
    exit(64)
}
let paths = Array(arguments[2...])
let turns = 15
switch arguments[1] {
case "png", "nifti":
    // Inflated sizes are looked up before the clock runs; zlib alone has to be told.
    let sizes = try paths.map { path in
        arguments[1] == "png"
            ? 0 : try NIfTIReader.read(path).voxels.count * 8 + 1_000_000
    }
    var (ours, plain) = (Double.infinity, Double.infinity)
    var checksum: Float = 0
    for _ in 0..<turns {
        ours = min(
            ours,
            try seconds {
                for path in paths {
                    checksum +=
                        arguments[1] == "png"
                        ? try PNGDecoder.read(path).pixels[0] : try NIfTIReader.read(path).voxels[0]
                }
            })
        plain = min(
            plain,
            try seconds {
                for (path, size) in zip(paths, sizes) {
                    let bytes = try FileBytes.read(path, limit: 1 << 30)
                    let count = unsafe bytes.withUnsafeBufferPointer { buffer in
                        guard let start = buffer.baseAddress else { return 0 }
                        return arguments[1] == "png"
                            ? unsafe plain_png(start, buffer.count)
                            : unsafe plain_gzip(start, buffer.count, size)
                    }
                    guard count > 0 else { fatalError("\(path): the library alone failed") }
                }
            })
    }
    try printed([
        "ours": ours, "plain": plain, "ratio": ours / plain, "files": Double(paths.count),
        "first": Double(checksum) / Double(turns),
    ])
case "shards":
    let volumes = try VolumeSet(folder: paths[0], isVerifying: false)
    var bytes = 0
    var best = Double.infinity
    var sum: Float = 0
    for _ in 0..<turns {
        bytes = 0
        best = min(
            best,
            try seconds {
                for scan in volumes.scans.indices {
                    let measured = volumes.scans[scan].measured
                    let width =
                        switch measured.storage {
                        case .uint8: 1
                        case .int16: 2
                        case .float32: 4
                        }
                    for slice in 0..<measured.storedSlices {
                        let values = try volumes.slice(slice, ofScan: scan)
                        bytes += values.count * width
                        sum += values[values.count / 2]
                    }
                }
            })
    }
    // What a search reads: windowed and normalised inputs, in gigavoxels a second.
    var input = InputConfiguration()
    let settings = volumes.settings
    (input.mode, input.resize, input.resizeRatio) =
        (settings.mode, settings.resize, settings.resizeRatio)
    (input.height, input.width) = (settings.height, settings.width)
    if settings.mode == .physical {
        (input.depth, input.spacingInMillimetres) = (settings.depth, settings.spacingInMillimetres)
    }
    let loader = try BatchLoader(volumes, input: input, seed: 1)
    var loading = Double.infinity
    var loaded = 0
    for _ in 0..<turns {
        loaded = 0
        loading = min(
            loading,
            try seconds {
                for scan in volumes.scans.indices {
                    let batch = try loader.batch(scans: [scan], epoch: 0, augmented: false)
                    loaded += batch.count
                    sum += batch[batch.count / 2]
                }
            })
    }
    try printed([
        "loaded": Double(loaded) / loading / 1e9, "bytes": Double(bytes), "seconds": best,
        "gigabytesPerSecond": Double(bytes) / best / 1e9,
        "sum": Double(sum),
    ])
default:
    print("unknown: \(arguments[1])")
    exit(64)
}
