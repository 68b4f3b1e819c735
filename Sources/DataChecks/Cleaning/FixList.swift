/// What shall be done to scans: a table in the grammar of Clean-CC-CCII, with three more columns.
///
/// `cls,pid,scan_id,is_seg,is_repeat,repeat_ids,re_order` are that set's. `repeat_ids` is empty,
/// `discard`, or slices to remove as `3;7-9`; `re_order` is empty, `reverse`, or all slices in a new
/// order as `10-20+0-9`. First slices are reordered, then removed. Ours are `label` and `split`, new
/// values where they are wrong, and `scan`, the scan's name in the run's manifests, with `why`.
package struct FixList: Hashable, Sendable {
    /// A run of slices, by number.
    package struct Span: Hashable, Sendable {
        /// The first and last number.
        package let range: ClosedRange<Int>

        init(_ range: ClosedRange<Int>) { self.range = range }

        var text: String {
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        }
    }

    /// What is done about the order.
    package enum Reordering: Hashable, Sendable {
        /// The last slice first.
        case reverse
        /// These slices in this order; others go.
        case spans([Span])
    }

    /// What shall be done to one scan.
    package struct Fix: Hashable, Sendable {
        /// The scan's name in the manifests; empty in lists of Clean-CC-CCII.
        package var scan = ""
        /// The class, or the folder of it.
        package var label = ""
        /// The patient.
        package var patient = ""
        /// The scan's own name: the last part of its path.
        package var name = ""
        /// The list; empty stands for any.
        package var list = ""
        /// Whether the lungs are cut out.
        package var isSegmented = false
        /// Whether the scan goes.
        package var isDiscarded = false
        /// The slices to remove.
        package var removed: [Span] = []
        /// The new order.
        package var reordering: Reordering?
        /// The label that it should have.
        package var newLabel = ""
        /// The list that it should be in.
        package var newSplit = ""
        /// The findings that say so.
        package var reason = ""

        /// A fix that does nothing yet.
        package init() {}

        /// Whether it changes anything.
        package var isNeeded: Bool {
            isDiscarded || !removed.isEmpty || reordering != nil || !newLabel.isEmpty
                || !newSplit.isEmpty
        }
    }

    /// The fixes, in the order of the table.
    package var fixes: [Fix]

    /// A list of the given fixes.
    package init(_ fixes: [Fix]) { self.fixes = fixes }
}

extension FixList.Fix {
    /// The places of a scan's slices after the fix: first reordered, then removed.
    func places(_ numbers: SliceNumbers) -> [Int] {
        guard !isDiscarded else { return [] }
        var places: [Int]
        switch reordering {
        case nil: places = Array(numbers.numbers.indices)
        case .reverse: places = Array(numbers.numbers.indices.reversed())
        case .spans(let spans): places = spans.flatMap(numbers.places)
        }
        let gone = Set(removed.flatMap(numbers.places))
        places.removeAll(where: gone.contains)
        return places
    }
}
