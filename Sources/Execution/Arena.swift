internal import Glibc

/// Memory that every step of an executor runs in: it grows to the largest plan and is reused.
@safe final class Arena {
    private var base: UnsafeMutableRawPointer?
    private var byteCount = 0

    deinit { release() }

    /// Memory for `count` floats, aligned to a page; contents are undefined.
    @unsafe func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
        let needed = max(count * MemoryLayout<Float>.stride, 1)
        if needed > byteCount {
            release()
            let pages = (needed + Self.largePage - 1) / Self.largePage * Self.largePage
            let mapping = unsafe mmap(
                nil, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard unsafe mapping != MAP_FAILED, let start = unsafe mapping else {
                preconditionFailure("out of memory: an arena of \(pages) bytes")
            }
            // Fewer page faults and address translations; only a hint.
            _ = unsafe madvise(start, pages, MADV_HUGEPAGE)
            unsafe base = start
            byteCount = pages
        }
        guard let base = unsafe base else { preconditionFailure("an arena without memory") }
        return unsafe base.assumingMemoryBound(to: Float.self)
    }

    private static let largePage = 1 << 21

    private func release() {
        if let base = unsafe base { _ = unsafe munmap(base, byteCount) }
        unsafe base = nil
        byteCount = 0
    }
}
