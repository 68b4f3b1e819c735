/// The one table of what a message may hold; checked when packing and after unpacking.
package enum WireLimits {
    /// Bytes of protobuf fields.
    package static let fieldBytes = 48 << 10
    /// Bytes of a chunk, and of any payload on the data lane.
    package static let chunkBytes = 256 << 10
    /// Bytes of a payload from a worker on the control lane; what is longer travels as a block.
    package static let controlPayloadBytes = 60 << 10
    /// Bytes that protobuf may allocate for one message.
    package static let unpackedBytes = 1 << 20
    /// Bytes of a name: worker, model, run, operator, volumes.
    package static let nameBytes = 128
    /// Bytes of an explanation.
    package static let textBytes = 4 << 10
    /// Leases or held results in one message.
    package static let listCount = 512
    /// Blocks that a task reads or yields.
    package static let blockCount = 1024
    /// Slots of an architecture.
    package static let slotCount = 1024
    /// Scans of a micro-batch.
    package static let scanCount = 4096
    /// Classes of a problem.
    package static let classCount = 1024
    /// Tasks of a round.
    package static let taskCount = 1 << 20
    /// Floats of one operator's block: 1 GiB.
    package static let blockFloats = 1 << 28
    /// Bytes that a receiver may ask for at once.
    package static let creditBytes = 64 << 20
    /// Samples of a micro-batch.
    package static let sampleCount = 1 << 20
}
