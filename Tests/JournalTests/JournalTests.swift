import Foundation
import Journal
import Testing

@Suite("A log of records")
struct JournalTests {
    private let path = NSTemporaryDirectory() + "journal-\(UUID()).log"
    private static let frames = (0..<4).map { number in
        LogFrame(
            text: Array("{\"number\":\(number)}".utf8),
            floats: (0..<(number * 100)).map { Float($0) * 0.1 - 3 })
    }

    private func read() throws -> (frames: [LogFrame], rest: Int) {
        var reader = try LogReader(path: path)
        var found: [LogFrame] = []
        while let frame = try reader.next() { found.append(frame) }
        return (found, reader.restLength)
    }

    @Test("gives back what was appended")
    func roundTrip() throws {
        let file = try AppendingFile(path: path)
        for frame in Self.frames { try file.append(frame.bytes) }
        try file.sync()
        let (found, rest) = try read()
        #expect(found == Self.frames)
        #expect(rest == 0)
    }

    @Test("is read up to the last whole record, wherever it was torn")
    func torn() throws {
        let bytes = Self.frames.flatMap(\.bytes)
        let whole = Self.frames.dropLast().reduce(0) { $0 + $1.bytes.count }
        for length in stride(from: whole, to: bytes.count, by: 37) {
            try Data(bytes[..<length]).write(to: URL(fileURLWithPath: path))
            let (found, rest) = try read()
            #expect(found == Array(Self.frames.dropLast()))
            #expect(rest == length - whole)
        }
    }

    @Test("is read up to the first record with a flipped bit", arguments: [0, 5, 19, 22, 30, 300])
    func flipped(place: Int) throws {
        var bytes = Self.frames.flatMap(\.bytes)
        let start = Self.frames[0].bytes.count + Self.frames[1].bytes.count
        bytes[start + place] ^= 4
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try read().frames == Array(Self.frames.prefix(2)))
    }

    @Test("stays as long as it was when an append fails", arguments: ["write", "fdatasync"])
    func obstructed(call: String) throws {
        let switchboard = Obstruction()
        let file = try AppendingFile(path: path, obstruction: switchboard.code)
        try file.append(Self.frames[1].bytes)
        try file.sync()
        let length = file.length
        switchboard.call = call
        let error = #expect(throws: JournalError.self) {
            try file.append(Self.frames[2].bytes)
            try file.sync()
        }
        #expect(error?.path == path && error?.call == call && error?.mayPass == true)
        file.truncate(to: length)
        switchboard.call = nil
        try file.append(Self.frames[3].bytes)
        #expect(try read().frames == [Self.frames[1], Self.frames[3]])
    }
}

/// Makes a system call fail for want of room; used by one test's thread only.
final class Obstruction: @unchecked Sendable {
    var call: String?
    func code(_ call: String) -> Int32? { call == self.call ? ENOSPC : nil }
}
