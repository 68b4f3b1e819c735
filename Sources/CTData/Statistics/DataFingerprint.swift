/// What a packed set looks like, small enough to travel with every shard set and model.
///
/// Two sets of one digest are the same data. The rest says at a glance whether other data are like
/// those that a model was trained on: spacing, size, intensities, classes.
package struct DataFingerprint: Codable, Hashable, Sendable {
    /// Counts of one class.
    package struct ClassCount: Codable, Hashable, Sendable {
        /// The labels, joined by plus signs.
        package let name: String
        /// Patients.
        package let patients: Int
        /// Scans.
        package let scans: Int
    }

    /// `voxelnas-data-fingerprint-1`.
    package let format: String
    /// SHA-256 over settings, scans and voxels: `VolumeSet.fingerprint`.
    package let sha256: String
    /// Patients.
    package let patients: Int
    /// Scans.
    package let scans: Int
    /// The classes by index.
    package let classes: [ClassCount]
    /// Slices of the originals.
    package let slices: Spread?
    /// Rows of the originals.
    package let rows: Spread?
    /// Columns of the originals.
    package let columns: Spread?
    /// Millimetres between slices, rows, columns; empty for pictures.
    package let spacingInMillimetres: [Spread]
    /// The scans' mean intensities.
    package let mean: Spread?
    /// The scans' standard deviations.
    package let standardDeviation: Spread?
    /// Scans by what their numbers mean: `hounsfield`, `picture8`, `picture16`, `pictureFloat`.
    package let scales: [String: Int]

    /// The fingerprint of packed scans, or of some of them.
    ///
    /// - Parameters:
    ///   - volumes: The set.
    ///   - chosen: Which scans; all when left out. The digest is always the whole set's.
    package init(_ volumes: VolumeSet, scans chosen: [Int]? = nil) {
        let scans = (chosen ?? Array(volumes.scans.indices)).map { volumes.scans[$0] }
        let originals = scans.map(\.measured.original)
        format = "voxelnas-data-fingerprint-1"
        sha256 = volumes.fingerprint
        patients = Set(scans.map(\.patient)).count
        self.scans = scans.count
        classes = Set(scans.map(\.classIndex)).sorted().map { index in
            let own = scans.filter { $0.classIndex == index }
            return ClassCount(
                name: Set(own.map(\.label)).sorted().joined(separator: "+"),
                patients: Set(own.map(\.patient)).count, scans: own.count)
        }
        slices = Spread(originals.map { Double($0.slices) })
        rows = Spread(originals.map { Double($0.rows) })
        columns = Spread(originals.map { Double($0.columns) })
        let spaced = originals.filter { $0.spacingInMillimetres.count == 3 }
        spacingInMillimetres = (0..<3).compactMap { axis in
            Spread(spaced.map { $0.spacingInMillimetres[axis] })
        }
        mean = Spread(originals.map(\.mean))
        standardDeviation = Spread(originals.map(\.standardDeviation))
        scales = Dictionary(scans.map { ($0.measured.scale.rawValue, 1) }, uniquingKeysWith: +)
    }

    /// The fingerprint as JSON with sorted keys.
    ///
    /// - Throws: ``ShardError/badSettings(_:)`` when a number is not finite.
    package func json() throws(ShardError) -> String {
        String(decoding: try JSON.encode(self), as: UTF8.self)
    }

    /// Writes `fingerprint.json` beside the shards, where it is not there already.
    ///
    /// - Throws: ``ShardError/file(path:reason:)``.
    package func write(beside volumes: VolumeSet) throws(ShardError) {
        let path = "\(volumes.folder)/fingerprint.json"
        if let known = try? JSON.decode(DataFingerprint.self, from: path), known == self { return }
        try JSON.write(self, to: path)
    }
}
