package import Tensors

/// A scan with a class activation map laid over it in colour.
package struct HeatmapOverlay: Sendable {
    /// The scan as shown, `[D, H, W]`.
    package let volume: Tensor
    /// The map at the scan's size, `[D, H, W]`, raw values.
    package let heat: Tensor
    /// How raw values become levels.
    package let scale: HeatScale
    /// The colours of the levels.
    package let colorMap: ColorMap
    /// Which values of the scan are shown from black to white.
    package let window: GreyWindow
    /// The opacity of the strongest evidence, 0 to 1; weak evidence is clear.
    package let opacity: Float
    /// The depth of the raw map.
    package let mapDepth: Int
    /// ``ClassActivationMap/depthStatement(slices:)``.
    package let depthStatement: String

    /// Lays a map over the scan that the network saw.
    ///
    /// - Parameters:
    ///   - map: The map, at its raw resolution.
    ///   - volume: The sampled slices, `[D, H, W]`.
    ///   - window: Which values of `volume` are shown from black to white.
    ///   - normalization: How the colour scale is found.
    ///   - opacity: The opacity of the strongest evidence.
    /// - Throws: ``EvaluationError/shape(of:found:expected:)`` if the volume has not three axes.
    package init(
        of map: ClassActivationMap, over volume: Tensor, window: GreyWindow = .lung,
        normalization: HeatNormalization = .percentiles, opacity: Float = 0.55
    ) throws(EvaluationError) {
        guard volume.shape.count == 3, volume.count > 0 else {
            throw .shape(of: "volume", found: volume.shape, expected: "[D, H, W], not empty")
        }
        let size = VolumeSize(volume.shape[0], volume.shape[1], volume.shape[2])
        let heat = map.upsampled(to: size)
        self.volume = volume
        self.heat = heat
        self.window = window
        self.opacity = opacity
        scale = HeatScale(
            normalization == .perSlice ? heat : map.raw, normalization: normalization)
        colorMap = ColorMap(for: normalization)
        mapDepth = map.rawSize.depth
        depthStatement = map.depthStatement(slices: size.depth)
    }

    /// The number of slices.
    package var depth: Int { volume.shape[0] }

    /// One slice in grey, scaled to a width in pixels.
    package func greySlice(_ index: Int, width: Int) -> PixelImage {
        let plane = Self.plane(of: volume, at: index, width: width)
        return Self.image(plane) { window.grey(plane.elements[$0]) }
    }

    /// One slice with the map over it, scaled to a width in pixels.
    package func slice(_ index: Int, width: Int) -> PixelImage {
        let plane = Self.plane(of: volume, at: index, width: width)
        let heat = Self.plane(of: heat, at: index, width: width)
        return Self.image(plane) { place in
            color(of: heat.elements[place], slice: index, over: window.grey(plane.elements[place]))
        }
    }

    /// The colour of a raw map value over a grey, as in ``slice(_:width:)``.
    func color(of value: Float, slice: Int, over grey: PixelColor) -> PixelColor {
        let level = scale.level(value, slice: slice)
        return grey.blended(
            with: colorMap.color(at: level), opacity: opacity * scale.visibility(level))
    }

    /// One slice as `[1, h, w]`, bilinear; averaged first where it shrinks by two or more.
    private static func plane(of volume: Tensor, at index: Int, width: Int) -> Tensor {
        let area = volume.shape[1] * volume.shape[2]
        var plane = Tensor(
            shape: [1, volume.shape[1], volume.shape[2]],
            elements: Array(volume.elements[(index * area)..<((index + 1) * area)]))
        let height = max(1, width * volume.shape[1] / volume.shape[2])
        let factor = min(plane.shape[1] / height, plane.shape[2] / width)
        if factor > 1 { plane = averaged(plane, factor) }
        return LinearResampling.resample(plane, to: VolumeSize(1, height, width))
    }

    private static func averaged(_ plane: Tensor, _ factor: Int) -> Tensor {
        let (height, width) = (plane.shape[1] / factor, plane.shape[2] / factor)
        var values: [Float] = []
        for row in 0..<height {
            for column in 0..<width {
                var sum: Float = 0
                for y in (row * factor)..<((row + 1) * factor) {
                    for x in (column * factor)..<((column + 1) * factor) {
                        sum += plane.elements[y * plane.shape[2] + x]
                    }
                }
                values.append(sum / Float(factor * factor))
            }
        }
        return Tensor(shape: [1, height, width], elements: values)
    }

    private static func image(_ plane: Tensor, color: (Int) -> PixelColor) -> PixelImage {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 * plane.count)
        for place in 0..<plane.count {
            let color = color(place)
            bytes += [color.red, color.green, color.blue]
        }
        return PixelImage(width: plane.shape[2], height: plane.shape[1], rgb: bytes)
    }
}
