import Drawings
import Foundation
import SearchSpaces
import Tensors
import Testing

@Suite("An architecture's drawing")
struct ArchitectureDrawingTests {
    private func drawing(_ code: String, classes: [String] = ["CP", "NCP"]) throws -> String {
        let space = SearchSpace.covidNet3DSmall
        return ArchitectureDrawing(
            of: try #require(Architecture(code: code)), in: space, input: VolumeSize(32, 128, 128),
            classes: classes, title: "Found", notes: ["2.8 M parameters"]
        ).svg
    }

    @Test("has a box for every slot, named as it was chosen")
    func slots() throws {
        let svg = try drawing("012345670123456701234")
        for cell in 1...6 { #expect(svg.contains(">Cell \(cell)<")) }
        let names = ["k3e3", "k3e4", "k3e6", "k5e3", "k5e4", "k7e3", "k7e4", "skip"]
        let counts = names.map { svg.components(separatedBy: ">\($0)</text>").count - 1 }
        #expect(counts == [3, 3, 3, 3, 3, 2, 2, 2])
    }

    @Test("prints the size of every cell's output")
    func sizes() throws {
        let svg = try drawing("000000000000000000000")
        for size in ["32×128×128", "8×32×32", "4×16×16", "2×8×8", "1×4×4"] {
            #expect(svg.contains(size))
        }
    }

    @Test("is well-formed XML whatever the classes are called")
    func escapes() throws {
        let svg = try drawing("777777777777777777777", classes: ["a<b", "c&\"d\""])
        let parser = XMLDocumentProbe(svg)
        #expect(parser.isWellFormed)
        #expect(svg.contains("a&lt;b"))
    }
}

/// Checks that tags nest; Foundation's own parser is another library on Linux.
private struct XMLDocumentProbe {
    let isWellFormed: Bool

    init(_ text: String) {
        var open: [Substring] = []
        var rest = text[...]
        var isFine = true
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else {
                isFine = false
                break
            }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                if open.popLast() != tag.dropFirst() { isFine = false }
            } else if !tag.hasSuffix("/") {
                open.append(tag.prefix { $0 != " " && $0 != "\n" })
            }
        }
        isWellFormed = isFine && open.isEmpty
    }
}
