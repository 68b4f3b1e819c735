import Foundation
import Safetensors
import Tensors
import Testing

private func temporaryPath() -> String {
    FileManager.default.temporaryDirectory
        .appendingPathComponent("voxelnas-\(UUID().uuidString).safetensors").path
}

private func file(header: String, data: [UInt8] = []) throws -> String {
    let path = temporaryPath()
    var bytes = Data()
    let length = header.utf8.count
    bytes.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
    bytes.append(contentsOf: header.utf8)
    bytes.append(contentsOf: data)
    try bytes.write(to: URL(fileURLWithPath: path))
    return path
}

@Suite("A safetensors file")
struct SafetensorsTests {
    @Test("gives back what was written, in pieces and of every type")
    func roundTrip() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var writer = try SafetensorsWriter(
            path: path,
            tensors: [
                .init(name: "bytes", type: .uint8, shape: [3]),
                .init(name: "a/é\"\n", shape: [2, 3]),
                .init(name: "empty", shape: [0, 4]),
                .init(name: "scalar", type: .float64, shape: []),
                .init(name: "short", type: .int16, shape: [2]),
                .init(name: "long", type: .int64, shape: [1]),
                .init(name: "int", type: .int32, shape: [1]),
            ], metadata: ["note": "tab\there \"quoted\" \\ 🫁"])
        try writer.append([1, 2] as [Float], to: "a/é\"\n")
        try writer.append([7, 8, 9] as [UInt8], to: "bytes")
        try writer.append([3, 4, 5, 6] as [Float], to: "a/é\"\n")
        try writer.append([0.1] as [Double], to: "scalar")
        try writer.append([-1, 2] as [Int16], to: "short")
        try writer.append([.min] as [Int64], to: "long")
        try writer.append([.max] as [Int32], to: "int")
        #expect(!FileManager.default.fileExists(atPath: path))
        try writer.finish()

        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == ["note": "tab\there \"quoted\" \\ 🫁"])
        #expect(try file.tensor("a/é\"\n").shape == [2, 3])
        #expect(try file.floats(of: "a/é\"\n") == [1, 2, 3, 4, 5, 6])
        #expect(try file.floats(of: "a/é\"\n", in: 2..<4) == [3, 4])
        #expect(try file.floats(of: "empty").isEmpty)
        #expect(try file.elements(of: "bytes", as: UInt8.self) == [7, 8, 9])
        #expect(try file.elements(of: "scalar", as: Double.self) == [0.1])
        #expect(try file.elements(of: "short", as: Int16.self) == [-1, 2])
        #expect(try file.elements(of: "long", as: Int64.self) == [.min])
        #expect(try file.elements(of: "int", as: Int32.self) == [.max])
        #expect(throws: SafetensorsError.self) { try file.floats(of: "bytes") }
        #expect(throws: SafetensorsError.self) { try file.floats(of: "missing") }
        #expect(throws: SafetensorsError.self) { try file.floats(of: "a/é\"\n", in: 4..<7) }
    }

    @Test("is left alone by a writer that did not get all bytes")
    func incompleteWriteKeepsTheOldFile() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SafetensorsWriter.write(path: path, floats: [("x", [1], [5])])
        #expect(throws: SafetensorsError.self) {
            var writer = try SafetensorsWriter(path: path, tensors: [.init(name: "x", shape: [2])])
            try writer.append([1] as [Float], to: "x")
            try writer.finish()
        }
        #expect(try SafetensorsFile(path: path).floats(of: "x") == [5])
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let name = URL(fileURLWithPath: path).lastPathComponent
        let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasPrefix(name) }
        #expect(left == [name])
    }

    @Test(
        "is refused with a reason when its header lies",
        arguments: [
            ("", 0),
            ("{", 0),
            ("[]", 0),
            ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3),
            ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5),
            ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4),
            ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4),
            ("{\"a\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4),
            ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4),
            ("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4),
            (
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],"
                    + "\"data_offsets\":[0,0]}}", 0
            ),
            (
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],"
                    + "\"data_offsets\":[0,0]}}", 0
            ),
            (
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
                    + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}", 6
            ),
            (
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                    + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}", 3
            ),
            (
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                    + "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1
            ),
            ("{\"__metadata__\":{\"a\":1}}", 0),
            ("{\"__metadata__\":{\"a\":\"\\ud800\"}}", 0),
        ])
    func hostileHeaders(header: String, dataBytes: Int) throws {
        let path = try file(header: header, data: Array(repeating: 0, count: dataBytes))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
        #expect(error?.description.contains(path) == true)
    }

    @Test("is refused when the header is longer than the file or the limit")
    func hugeHeader() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([255, 255, 255, 255, 255, 255, 255, 127]).write(to: URL(fileURLWithPath: path))
        #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
        try Data([1, 2]).write(to: URL(fileURLWithPath: path))
        #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
    }

    @Test("Stored numbers become floats, also at odd addresses")
    func floats() throws {
        let path = try file(
            header: """
                {"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},\
                "b":{"dtype":"I16","shape":[2],"data_offsets":[3,7]},\
                "c":{"dtype":"F32","shape":[2],"data_offsets":[7,15]},\
                "d":{"dtype":"I64","shape":[1],"data_offsets":[15,23]}}
                """,
            data: [0, 7, 255, 254, 255, 44, 1, 0, 0, 192, 63, 0, 0, 0, 128]
                + [UInt8](repeating: 0, count: 8))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let tensors = try SafetensorsFile(path: path)
        #expect(try tensors.floats(of: "a", in: 1..<3, adding: 32768) == [32775, 33023])
        #expect(try tensors.floats(of: "b", in: 0..<2, adding: 0.5) == [-1.5, 300.5])
        let whole = try tensors.floats(of: "c", in: 0..<2, adding: 0)
        #expect(whole[0] == 1.5 && whole[1].bitPattern == (-Float.zero).bitPattern)
        #expect(throws: SafetensorsError.self) {
            try tensors.floats(of: "a", in: 1..<4, adding: 0)
        }
        #expect(throws: SafetensorsError.self) {
            try tensors.floats(of: "d", in: 0..<1, adding: 0)
        }
    }
}
