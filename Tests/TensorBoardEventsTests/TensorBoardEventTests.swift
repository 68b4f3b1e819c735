import Foundation
import TensorBoardEvents
import Testing

/// Records were written by TensorBoard's own `EventFileWriter` (2.21) and compared byte for byte.
@Suite("A TensorBoard event")
struct TensorBoardEventTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }

    @Test("opens a file as TensorBoard itself does")
    func version() {
        let record = TensorBoardEvent(time: 1.5, content: .fileVersion).record
        #expect(hex(record) == Self.versionRecord)
    }

    @Test("holds scalars as TensorBoard itself does")
    func scalars() {
        let record = TensorBoardEvent(
            time: 2.25, step: 300, content: .scalars([("search/loss", 0.5), ("b", -1)])
        ).record
        #expect(hex(record) == Self.scalarRecord)
    }

    @Test("is appended to a file that starts with version and step, without numbers that are none")
    func file() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("voxelnas-events-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = TensorBoardLog(folder: folder, firstStep: 7)
        log.append([("a", .nan)], step: 8)
        let opening = try Data(contentsOf: #require(Self.files(folder).first)).count
        log.append([("a", .infinity), ("b", 1)], step: 8)
        let files = try Self.files(folder)
        #expect(files.count == 1)
        let bytes = [UInt8](try Data(contentsOf: #require(files.first)))
        #expect(String(decoding: bytes, as: UTF8.self).contains("brain.Event:2"))
        // One event of time (9), step (2), and a summary of tag (3) and value (5) with its keys.
        #expect(bytes.count - opening == 16 + 9 + 2 + 2 + 2 + 3 + 5)
        _ = TensorBoardLog(folder: folder)
        #expect(try Self.files(folder).count == 2)
    }

    @Test("is lost without harm where nothing can be written")
    func unwritable() {
        let log = TensorBoardLog(folder: "/dev/null/nothing")
        log.append([("a", 1)], step: 1)
    }

    private static func files(_ folder: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: URL(fileURLWithPath: folder), includingPropertiesForKeys: nil)
    }

    private static let versionRecord =
        "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c"
    private static let scalarRecord =
        "2c00000000000000f4aecc4509000000000000024010ac022a1e0a120a0b7365617263682f6c6f7373150000"
        + "003f0a080a016215000080bf994d4647"
}
