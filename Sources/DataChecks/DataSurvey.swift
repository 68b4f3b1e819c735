internal import Dispatch
internal import Synchronization

/// Looks at every slice of every listed scan.
package enum DataSurvey {
    /// The records of scans, in their order; scans without files keep an empty one.
    ///
    /// Scans are read in parallel and one at a time each, so memory is that of a few scans.
    ///
    /// - Parameters:
    ///   - listed: The scans.
    ///   - progress: Called with the scans done, never twice at once.
    /// - Returns: One record per scan.
    package static func records(
        of listed: ListedScans, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> [ScanRecord] {
        let results = Mutex<[Int: ScanRecord]>([:])
        DispatchQueue.concurrentPerform(iterations: listed.scans.count) { position in
            let record = ScanRecord(
                examining: listed.scans[position], at: position, root: listed.root)
            results.withLock {
                $0[position] = record
                progress($0.count)
            }
        }
        return results.withLock { $0 }.sorted { $0.key < $1.key }.map(\.value)
    }
}
