/// What a file may ask for before anything is allocated on its word.
///
/// The numbers are far above any CT and far below a machine's memory. A picture needs at most
/// 12 bytes a pixel while it is read, a volume 4 bytes a voxel and the bytes of its file.
package struct DecodingLimits: Hashable, Sendable {
    /// The largest file of a volume, in bytes.
    package var fileBytes: Int
    /// The largest file of a slice, in bytes.
    package var sliceBytes: Int
    /// The most pixels of a picture.
    package var pixels: Int
    /// The most voxels of a volume.
    package var voxels: Int
    /// What a compressed volume may grow to beyond ``suspiciousBytes``, as a multiple of its file.
    ///
    /// CT packs to about a third; a file that packs a thousandfold is empty or a trap.
    package var expansion: Int
    /// Bytes that a compressed volume may have whatever its file's size.
    package var suspiciousBytes: Int

    /// Limits; the defaults hold a scan of 1024×1024 and 1,024 slices.
    package init(
        fileBytes: Int = 4 << 30, sliceBytes: Int = 256 << 20, pixels: Int = 16 << 20,
        voxels: Int = 1 << 30, expansion: Int = 200, suspiciousBytes: Int = 64 << 20
    ) {
        self.fileBytes = fileBytes
        self.sliceBytes = sliceBytes
        self.pixels = pixels
        self.voxels = voxels
        self.expansion = expansion
        self.suspiciousBytes = suspiciousBytes
    }
}
