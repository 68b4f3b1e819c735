/// How fix lists call the slices of a scan.
///
/// Where all names are plain numbers, as `0007.png`, a slice is called by its number; else by its
/// place in the list, from 0. Clean-CC-CCII's own list does the former.
struct SliceNumbers {
    /// The number of each slice, by its place.
    let numbers: [Int]

    init(files: [String], count: Int) {
        let names = files.map { file -> Int? in
            let name = file.split(separator: "/").last ?? ""
            let stem = name.prefix { $0 != "." }
            return stem.allSatisfy { ("0"..."9").contains($0) } ? Int(stem) : nil
        }
        let known = names.compactMap { $0 }
        if known.count == count, Set(known).count == count {
            numbers = known
        } else {
            numbers = Array(0..<count)
        }
    }

    /// The places of the slices that are called so; those that do not exist are skipped.
    func places(of span: FixList.Span) -> [Int] {
        let inside = numbers.indices.filter { span.range.contains(numbers[$0]) }
        return inside.sorted { numbers[$0] < numbers[$1] }
    }

    /// Spans for a list of places in a given order; runs of ascending numbers become one span.
    func spans(of places: [Int]) -> [FixList.Span] {
        let sorted = numbers.sorted()
        let rank = Dictionary(
            sorted.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var spans: [FixList.Span] = []
        for number in places.map({ numbers[$0] }) {
            if let last = spans.last, let before = rank[last.range.upperBound],
                rank[number] == before + 1
            {
                spans[spans.count - 1] = FixList.Span(last.range.lowerBound...number)
            } else {
                spans.append(FixList.Span(number...number))
            }
        }
        return spans
    }
}
