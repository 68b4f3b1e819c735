import DataChecks
import Testing

@Suite("Lists of fixes")
struct FixListTests {
    private static let published = """
        cls,pid,scan_id,is_seg,is_repeat,repeat_ids,re_order
        NCP,12,1021,0,1,3;7-9,
        CP,5,3001,1,0,,reverse
        Normal,8,77,0,1,discard,
        NCP,13,1022,0,1,0,10-20+0-9
        """

    @Test("of Clean-CC-CCII are read")
    func published() throws {
        let list = try FixList(parsing: Self.published, file: "list.csv")
        #expect(list.fixes.map(\.isDiscarded) == [false, false, true, false])
        #expect(list.fixes[0].removed.map(\.range) == [3...3, 7...9])
        #expect(list.fixes[1].reordering == .reverse)
        #expect(list.fixes[1].isSegmented)
        guard case .spans(let spans) = list.fixes[3].reordering else {
            Issue.record("no order")
            return
        }
        #expect(spans.map(\.range) == [10...20, 0...9])
    }

    @Test("come back as they were written")
    func roundTrip() throws {
        var list = try FixList(parsing: Self.published, file: "list.csv")
        list.fixes[0].newLabel = "CP"
        list.fixes[0].reason = "a, \"quoted\" reason"
        list.fixes[0].scan = "NCP/12/1021"
        #expect(try FixList(parsing: list.text, file: "list.csv") == list)
    }

    @Test(
        "that are not of the grammar are refused with the line",
        arguments: [
            ("a,b\n1,2", 1), ("cls,pid,scan_id\nNCP,1", 2),
            ("cls,pid,scan_id,repeat_ids\nNCP,1,2,x", 2),
            ("cls,pid,scan_id,repeat_ids\nNCP,1,2,9-3", 2),
            ("cls,pid,scan_id,re_order\nNCP,1,2,\nNCP,1,3,4-", 3), ("", 1),
        ])
    func malformed(text: String, line: Int) {
        let error = #expect(throws: FixListError.self) {
            try FixList(parsing: text, file: "list.csv")
        }
        #expect(error?.description.hasPrefix("list.csv:\(line): ") == true)
    }
}
