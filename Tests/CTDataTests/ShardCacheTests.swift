import CTData
import Foundation
import Testing

@Suite("A cache of shards")
struct ShardCacheTests {
    private func temporary(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "cache-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    // The digest of "abc", from FIPS 180-2.
    private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test("fetches a file once, and has it under its digest")
    func once() throws {
        try temporary { folder in
            var fetches = 0
            for _ in 0..<2 {
                let cache = ShardCache(folder: folder, quota: 1000)
                let path = try cache.path(of: abc) { _, offset, write in
                    fetches += 1
                    #expect(offset == 0)
                    try write(Array("abc".utf8))
                }
                #expect(path == "\(folder)/\(abc)")
                #expect(try String(contentsOfFile: path, encoding: .utf8) == "abc")
            }
            #expect(fetches == 1)
        }
    }

    @Test("goes on where a fetch broke off")
    func resumes() throws {
        try temporary { folder in
            struct Cut: Error {}
            #expect(throws: Cut.self) {
                try ShardCache(folder: folder, quota: 1000).path(of: abc) { _, _, write in
                    try write(Array("ab".utf8))
                    throw Cut()
                }
            }
            var offsets: [Int] = []
            _ = try ShardCache(folder: folder, quota: 1000).path(of: abc) { _, offset, write in
                offsets.append(offset)
                try write(Array("c".utf8))
            }
            #expect(offsets == [2])
        }
    }

    @Test("throws bad bytes away, and starts over where an earlier part may be to blame")
    func wrongBytes() throws {
        try temporary { folder in
            let cache = ShardCache(folder: folder, quota: 1000)
            #expect(throws: ShardError.self) {
                try cache.path(of: abc) { _, _, write in try write(Array("abx".utf8)) }
            }
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/\(abc)"))
            try Data("xy".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(abc).part"))
            var offsets: [Int] = []
            _ = try cache.path(of: abc) { _, offset, write in
                offsets.append(offset)
                try write(Array("abc".utf8.dropFirst(offset)))
            }
            #expect(offsets == [2, 0])
        }
    }

    @Test("fetches a file again that rotted on the disk")
    func rot() throws {
        try temporary { folder in
            let fetch: ShardCache.Fetch = { _, _, write in try write(Array("abc".utf8)) }
            let path = try ShardCache(folder: folder, quota: 1000).path(of: abc, fetch: fetch)
            try Data("abd".utf8).write(to: URL(fileURLWithPath: path))
            _ = try ShardCache(folder: folder, quota: 1000).path(of: abc, fetch: fetch)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "abc")
        }
    }

    @Test("gives up what was not used for the longest time, and never what is in use")
    func quota() throws {
        try temporary { folder in
            _ = try ShardCache(folder: folder, quota: 3).path(of: abc) { _, _, write in
                try write(Array("abc".utf8))
            }
            // "d", by sha256sum.
            let d = "18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4"
            let cache = ShardCache(folder: folder, quota: 3)
            _ = try cache.path(of: d) { _, _, write in try write(Array("d".utf8)) }
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/\(abc)"))
            _ = try cache.path(of: abc) { _, _, write in try write(Array("abc".utf8)) }
            #expect(FileManager.default.fileExists(atPath: "\(folder)/\(d)"))
        }
    }

    @Test("takes nothing for a name but a digest", arguments: ["", "../x", "index.json"])
    func names(name: String) throws {
        try temporary { folder in
            #expect(throws: ShardError.self) {
                try ShardCache(folder: folder, quota: 3).path(of: name) { _, _, _ in }
            }
        }
    }
}
