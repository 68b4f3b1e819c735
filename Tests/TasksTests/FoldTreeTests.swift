import Tasks
import Testing

@Suite("A fold tree")
struct FoldTreeTests {
    @Test("gives one expression for every order of arrival", arguments: 1...9)
    func orders(count: Int) {
        func fold(_ order: [Int]) -> String? {
            var tree = FoldTree<String>(count: count) { "(\($0)\($1))" }
            for index in order {
                #expect(tree.result == nil)
                tree.insert("\(index)", at: index)
                tree.insert("again", at: index)
            }
            return tree.isComplete ? tree.result : nil
        }
        let forward = fold(Array(0..<count))
        #expect(forward != nil)
        #expect(fold(Array((0..<count).reversed())) == forward)
        #expect(fold((0..<count).sorted { ($0 * 7 % count, $0) < ($1 * 7 % count, $1) }) == forward)
    }

    @Test("pairs neighbours")
    func shape() {
        var tree = FoldTree<String>(count: 5) { "(\($0)\($1))" }
        for index in 0..<5 { tree.insert("\(index)", at: index) }
        #expect(tree.result == "(((01)(23))4)")
    }
}
