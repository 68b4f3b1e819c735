import ArgumentParser
import Foundation
import Graphs
import Models
import SearchSpaces
import Tensors

/// The file of sampled paths that the PyTorch benchmark runs too.
private struct PathFile: Decodable {
    /// The names of the operations, in the order of the catalogue.
    let ops: [String]
    let random: [[String]]
    let fixed: [String: [String]]

    /// The path of a name such as `r0` or `5x5_e4`.
    func path(_ name: String) -> Architecture? {
        var names = fixed[name]
        if name.hasPrefix("r"), let index = Int(name.dropFirst()), random.indices.contains(index) {
            names = random[index]
        }
        return names.map { Architecture(choices: $0.compactMap(ops.firstIndex)) }
    }
}

/// A network to measure.
struct NamedPath {
    let name: String
    let architecture: Architecture
}

struct PathOptions: ParsableArguments {
    enum Space: String, ExpressibleByArgument, CaseIterable {
        case S, L
    }

    @Option(help: "The search space.") var space = Space.S
    @Option(parsing: .upToNextOption, help: "The paths: names of the file, or codes.")
    var paths = ["r0", "r1", "r2", "r3"]
    @Option(
        help: "The file of paths; reference/torch/paths.json of $VOXELNAS_SHARED by default.")
    var pathFile: String?
    @Option(help: "Input depth, height and width, such as 16x64x64.") var size: String?

    var searchSpace: SearchSpace {
        space == .S ? .covidNet3DSmall : .covidNet3DLarge
    }

    var supernet: CovidNet3DSupernet { CovidNet3DSupernet(space: searchSpace, classes: 3) }

    /// The input's size.
    func volume(default fallback: VolumeSize) throws -> VolumeSize {
        guard let size else { return fallback }
        let extents = size.split(separator: "x").compactMap { Int($0) }
        guard extents.count == 3, extents.allSatisfy({ (1...1024).contains($0) }) else {
            throw ValidationError("--size '\(size)' is not like 16x64x64")
        }
        return VolumeSize(extents[0], extents[1], extents[2])
    }

    /// The networks that were asked for.
    func named() throws -> [NamedPath] {
        let file = try paths.allSatisfy { code($0) != nil } ? nil : read()
        return try paths.map { name in
            guard let architecture = code(name) ?? file?.path(name),
                architecture.isValid(in: searchSpace)
            else {
                throw ValidationError(
                    "path '\(name)' is neither in the file of paths nor "
                        + "\(searchSpace.slotCount) digits")
            }
            return NamedPath(name: name, architecture: architecture)
        }
    }

    private func code(_ name: String) -> Architecture? {
        Architecture(code: name).flatMap { $0.isValid(in: searchSpace) ? $0 : nil }
    }

    private func read() throws -> PathFile {
        let shared = ProcessInfo.processInfo.environment["VOXELNAS_SHARED"] ?? "../shared"
        let place = pathFile ?? shared + "/reference/torch/paths.json"
        do {
            return try JSONDecoder().decode(
                PathFile.self, from: Data(contentsOf: URL(fileURLWithPath: place)))
        } catch {
            throw ValidationError(
                "\(place): cannot be read (\(error)); give --path-file, set VOXELNAS_SHARED, or "
                    + "name paths by their codes, \(searchSpace.slotCount) digits each")
        }
    }
}

/// Random volumes with a class each, the same at every run.
struct Batch {
    let input: [Float]
    let labels: [Int]

    init(samples: Int, size: VolumeSize) {
        var stream = RandomStream(seed: 1, name: "benchmark")
        input = (0..<(samples * size.count)).map { _ in Float(stream.nextNormal()) }
        labels = (0..<samples).map { $0 % 3 }
    }
}
