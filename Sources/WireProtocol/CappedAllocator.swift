internal import CProtobufC
internal import Glibc

/// Memory for unpacking one message, with a limit that hostile bytes cannot exceed.
///
/// protobuf-c answers a refused allocation by giving up on the message.
enum CappedAllocator {
    private struct Account {
        var remaining: Int
    }

    /// Calls a function with an allocator that hands out at most the given number of bytes.
    static func withAllocator<Result, Failure: Error>(
        limit: Int, _ body: (UnsafeMutablePointer<ProtobufCAllocator>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let account = UnsafeMutablePointer<Account>.allocate(capacity: 1)
        unsafe account.initialize(to: Account(remaining: limit))
        let allocator = UnsafeMutablePointer<ProtobufCAllocator>.allocate(capacity: 1)
        unsafe allocator.initialize(
            to: ProtobufCAllocator(
                alloc: { data, count in
                    guard let data = unsafe data else { return nil }
                    let account = unsafe data.assumingMemoryBound(to: Account.self)
                    guard unsafe count <= account.pointee.remaining else { return nil }
                    unsafe account.pointee.remaining -= count
                    return unsafe malloc(count)
                },
                free: { _, pointer in unsafe Glibc.free(pointer) },
                allocator_data: account))
        defer {
            unsafe allocator.deallocate()
            unsafe account.deallocate()
        }
        return try unsafe body(allocator)
    }
}
