import CTData
package import Evaluation
import Foundation
import ImageCodecs
import RunConfiguration
import SearchSpaces
import Runs
package import Tensors
import Training

/// Writes where a network looked in one scan: pictures, a volume to lay over the scan, and what
/// single slices are worth.
package struct ActivationMapFolder {
    private let network: SavedNetwork
    private let prepared: SavedNetwork.PreparedScan
    private let explanation: Explanation
    private let views: Int
    private let classes: [Int]
    private let normalization: HeatNormalization
    /// Slices replaced one after the other: the logits of all classes; empty if not wanted.
    private let occluded: [[Float]]

    /// Looks at a scan.
    ///
    /// - Parameters:
    ///   - network: The model.
    ///   - prepared: The scan.
    ///   - classes: The classes to explain.
    ///   - normalization: How raw values become colours.
    ///   - occludes: Whether every slice is replaced in turn, which takes as many passes.
    ///   - isMirrored: Whether the mean over the mirrored views of the training is explained.
    /// - Throws: `ExecutionError`.
    package init(
        _ network: SavedNetwork, _ prepared: SavedNetwork.PreparedScan, classes: [Int],
        normalization: HeatNormalization = .percentiles, occludes: Bool = true,
        isMirrored: Bool = false
    ) throws {
        self.network = network
        self.prepared = prepared
        self.classes = classes
        self.normalization = normalization
        let views = isMirrored ? network.views : [MirroredView(axes: [false, false, false])]
        self.views = views.count
        explanation = try network.explanation(of: prepared.input, views: views)
        let volume = explanation.volume
        occluded =
            occludes
            ? try (0..<volume.shape[0]).map {
                try network.logits(
                    of: SliceOcclusion.replacing(slice: $0, in: volume).elements, views: views)
            } : []
    }

    /// What a folder holds, as `cam.json` says.
    package struct Summary: Codable, Hashable, Sendable {
        /// What every output says.
        package let use: String
        /// The model file.
        package let model: String
        /// The architecture's digits.
        package let architecture: String
        /// The scan.
        package let scan: String
        /// The most probable class.
        package let predicted: String
        /// The extents of the network's input and of the map before it is enlarged.
        package let inputSize: VolumeSize
        package let rawMapSize: VolumeSize
        /// What the map's depth allows to be said about slices.
        package let depthStatement: String
        /// Mirrored views of the scan whose mean is explained.
        package let views: Int
        /// The slices of the scan that the input was made of, from 0; empty in `physical` mode.
        package let slices: [Int]
        /// The explained classes.
        package let classes: [ExplainedClass]

        /// One explained class.
        package struct ExplainedClass: Codable, Hashable, Sendable {
            package let name: String
            package let probability: Double
            package let logit: Double
            /// The raw values at the blue and at the red end of the colours; absent per slice.
            package let blue: Double?
            package let red: Double?
            /// How much the logit falls when a slice is replaced; empty if not asked for.
            package let occlusionDrops: [Double]
            /// The files about the class, relative to the folder.
            package let files: [String]
        }
    }

    /// Writes the folder.
    ///
    /// - Parameter folder: Made when it is missing.
    /// - Returns: What it holds.
    /// - Throws: An error naming the file.
    package func write(to folder: String) throws -> Summary {
        let directory = RunDirectory(path: folder)
        try directory.createFolder(folder)
        let probabilities = SavedNetwork.probabilities(explanation.logits)
        let best = probabilities.indices.reduce(0) {
            probabilities[$1] > probabilities[$0] ? $1 : $0
        }
        let (shown, window) = try displayed()
        let image = try prepared.scan.files.first.flatMap {
            NIfTIReader.reads($0) ? try NIfTIReader.read($0) : nil
        }
        var explained: [Summary.ExplainedClass] = []
        var statement = ""
        var rawSize = VolumeSize(cubic: 1)
        for index in classes {
            let name = network.classNames[index]
            let map = try ClassActivationMap(
                features: explanation.features, classifier: explanation.classifier,
                classIndex: index, grid: explanation.grid, views: views)
            let overlay = try HeatmapOverlay(
                of: map, over: shown, window: window, normalization: normalization)
            statement = overlay.depthStatement
            rawSize = map.rawSize
            let caption = SliceMontage.Caption(
                scan: prepared.scan.id, explainedClass: name, probability: probabilities[index],
                leftMark: prepared.volumes.scans[0].measured.original.isOriented ? "R" : nil)
            let suffix = Self.fileName(name)
            var files = try writePictures(overlay, caption, suffix: suffix, to: folder)
            if let image {
                let file = "cam-\(suffix).nii.gz"
                try NIfTIWriter.write(
                    image.volume(fromAxial: projected(map).elements), as: .float32,
                    to: folder + "/" + file)
                files.append(file)
            }
            let occlusion = SliceOcclusion(
                baseline: Double(explanation.logits[index]),
                occluded: occluded.map { Double($0[index]) })
            if let chart = CurveChart.occlusion(occlusion, className: name) {
                let file = "occlusion-\(suffix).png"
                try Self.write(chart.picture(), to: folder + "/" + file)
                files.append(file)
            }
            let ends = overlay.scale.ends.count == 1 ? overlay.scale.ends.first : nil
            explained.append(
                Summary.ExplainedClass(
                    name: name, probability: probabilities[index],
                    logit: Double(explanation.logits[index]),
                    blue: ends.map { Double($0.lowerBound) },
                    red: ends.map { Double($0.upperBound) }, occlusionDrops: occlusion.drops,
                    files: files))
        }
        let isSliced = network.model.configuration.evaluationInput.mode == .slices
        let summary = Summary(
            use: ModelFile.notice, model: network.path,
            architecture: network.model.architecture.code, scan: prepared.scan.id,
            predicted: network.classNames[best],
            inputSize: network.model.configuration.evaluationInput.size, rawMapSize: rawSize,
            depthStatement: statement, views: views, slices: isSliced ? prepared.slices : [],
            classes: explained)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try directory.write(encoder.encode(summary), to: folder + "/cam.json")
        return summary
    }

    /// A montage, and a page per slice.
    private func writePictures(
        _ overlay: HeatmapOverlay, _ caption: SliceMontage.Caption, suffix: String,
        to folder: String
    ) throws -> [String] {
        var files = ["montage-\(suffix).png"]
        try Self.write(
            SliceMontage(overlay, caption: caption).picture(), to: folder + "/" + files[0])
        let pages = SlicePage(overlay, caption: caption)
        try RunDirectory(path: folder).createFolder("\(folder)/slices-\(suffix)")
        let original = prepared.volumes.scans[0].measured.original.slices
        let isSliced = network.model.configuration.evaluationInput.mode == .slices
        for slice in 0..<overlay.depth {
            let number = String(slice + 1)
            let padded = String(repeating: "0", count: max(0, 3 - number.count)) + number
            let file = "slices-\(suffix)/\(padded).png"
            let name =
                isSliced
                ? "slice \(prepared.slices[slice] + 1) of \(original)"
                : "plane \(number) of \(overlay.depth) of the block"
            try Self.write(
                pages.picture(ofSlice: slice, name: name), to: folder + "/" + file)
            files.append(file)
        }
        return files
    }

    /// The map on the voxels of the scan, in axial order.
    private func projected(_ map: ClassActivationMap) -> Tensor {
        let settings = network.model.configuration.evaluationInput
        let placement = InputPlacement(
            of: prepared.volumes.scans[0].measured.original, selected: prepared.slices,
            input: settings)
        return MapProjection.project(
            map.raw, grid: explanation.grid, slices: placement.slices, rows: placement.rows,
            columns: placement.columns)
    }

    /// What the network saw without normalisation, in Hounsfield units where the scan has them, with
    /// rows and columns as fine as the scan's own.
    private func displayed() throws -> (volume: Tensor, window: GreyWindow) {
        let settings = PictureInput.settings(
            of: network.model.configuration.evaluationInput,
            showing: prepared.volumes.scans[0].measured.original)
        let volumes = try VolumeSet(reading: prepared.scan, root: "", input: settings)
        let loader = try BatchLoader(
            volumes, input: settings, seed: network.model.configuration.seed)
        var values = try loader.batch(scans: [0], epoch: 0, augmented: false)
        let shape = [settings.depth, settings.height, settings.width]
        let scale = volumes.scans[0].measured.scale
        guard scale == .hounsfield else {
            return (Tensor(shape: shape, elements: values), .unitInterval)
        }
        let window = try IntensityWindow(settings, scale: scale)
        for index in values.indices {
            values[index] = window.low + values[index] * (window.high - window.low)
        }
        return (Tensor(shape: shape, elements: values), .lung)
    }

    private static func write(_ picture: PixelImage, to path: String) throws {
        try PNGEncoder.write(
            rgb: picture.rgb, width: picture.width, height: picture.height, to: path)
    }

    /// A name that is safe in a file's.
    package static func fileName(_ name: String) -> String {
        String(name.map { $0.isLetter || $0.isNumber || "-+".contains($0) ? $0 : "_" })
    }
}
