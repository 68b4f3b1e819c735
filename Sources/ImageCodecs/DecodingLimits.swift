/// What a file may ask for before anything is allocated on its word.
package struct DecodingLimits: Hashable, Sendable {
    /// The largest file, in bytes.
    package var fileBytes: Int
    /// The most pixels of a picture.
    package var pixels: Int
    /// The most voxels of a volume.
    package var voxels: Int

    /// Limits; the defaults hold a 1024×1024 scan of 1,024 slices.
    package init(fileBytes: Int = 4 << 30, pixels: Int = 64 << 20, voxels: Int = 1 << 30) {
        self.fileBytes = fileBytes
        self.pixels = pixels
        self.voxels = voxels
    }
}
