/// How a scan becomes the network's input volume.
package struct InputConfiguration: Codable, Hashable, Sendable {
    /// How the volume is cut out of a scan.
    package enum Mode: String, ConfigurationChoice {
        /// A number of slices, each resized and cropped in plane (the paper).
        case slices
        /// Resampled to a spacing in millimetres, then centre-cropped or padded.
        case physical
    }

    /// Which slices of a scan are taken.
    package enum SliceSampling: String, ConfigurationChoice {
        /// A random subset in order, or random repetitions (training; the paper).
        case random
        /// Evenly around the middle (evaluation; the paper).
        case symmetric
        /// `floor((j + 0.5) n / t)`: the whole span.
        case uniformSpan = "uniform-span"
        /// One random slice in each of `t` equal parts of the span (training).
        case jitteredSpan = "jittered-span"
    }

    /// How a slice is resized.
    package enum Resize: String, ConfigurationChoice {
        /// Triangle filter whose support grows with the reduction.
        case antialiased
        /// The nearest pixel.
        case nearest
    }

    /// What is done to intensities after the window.
    package enum Normalization: String, ConfigurationChoice {
        /// Per volume: minus the mean, over the standard deviation.
        case zScore = "z-score"
        /// [0, 1], as the window leaves it.
        case unit
        /// Mean and standard deviation of the training list.
        case dataset
    }

    /// Slices.
    package var depth = 16
    /// Rows.
    package var height = 64
    /// Columns.
    package var width = 64
    /// How the volume is cut out.
    package var mode = Mode.slices
    /// The slices of a training sample.
    package var trainingSlices = SliceSampling.random
    /// The slices of an evaluation sample.
    package var evaluationSlices = SliceSampling.symmetric
    /// How a slice is resized.
    package var resize = Resize.antialiased
    /// A slice is resized to this multiple of `height` and `width` before the centre crop.
    package var resizeRatio = 1.25
    /// Millimetres between voxels (depth, height, width) in `physical` mode.
    package var spacingInMillimetres: [Double] = [1, 1, 1]
    /// Intensities that map to 0 and 1, in HU for CT; for PNG and 16-bit TIFF see `rawRange`.
    package var window: [Double] = [-1000, 400]
    /// Raw values that map to 0 and 1 for pictures without HU, 8-bit PNG and 16-bit TIFF.
    ///
    /// Empty stands for 0 to 255 with 8 bits and 0 to 4095 with 16.
    package var rawRange: [Double] = []
    /// What is done after the window.
    package var normalization = Normalization.zScore
    /// The probability of a flip along depth, height and width in training.
    package var flips: [Double] = [0, 0.25, 0.25]
    /// The most voxels that a training sample is moved by along depth, height and width.
    package var shifts = [0, 0, 0]

    /// The defaults.
    package init() {}
}
