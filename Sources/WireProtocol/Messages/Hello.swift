internal import CWireMessages

/// Worker to coordinator: who I am.
///
/// Sent first, and again after every reconnection.
package struct Hello: Hashable, Sendable {
    /// The oldest version that the worker speaks; see ``ProtocolVersion/number``.
    package var protocolMinimum = ProtocolVersion.current.number
    /// The newest version that the worker speaks.
    package var protocolMaximum = ProtocolVersion.current.number
    /// For people; need not be unique.
    package var workerName: String
    /// Drawn at every start of a worker; names it in this run.
    package var bootNonce: UInt64
    /// Processors that the worker may use.
    package var cores: Int
    /// Memory of the worker's machine.
    package var memoryBytes: Int
    /// Tasks that it computes at the same time.
    package var slots: Int
    /// Leases that it takes beyond those, to fetch their parameters early.
    package var prefetch: Int
    /// The build of the worker, for people.
    package var build: String
    /// What the worker's arithmetic yields on a canned problem.
    package var numericsFingerprint: String
    /// The hash of the search space; empty before the worker knows it.
    package var searchSpaceHash: String
    /// The hash of the run configuration; empty before the worker knows it.
    package var configurationHash: String
    /// Results that the worker still holds.
    package var held: [HeldResult]

    /// A greeting of this build's protocol version.
    package init(
        workerName: String, bootNonce: UInt64, cores: Int, memoryBytes: Int = 0, slots: Int,
        prefetch: Int, build: String = "", numericsFingerprint: String = "",
        searchSpaceHash: String = "", configurationHash: String = "", held: [HeldResult] = []
    ) {
        self.workerName = workerName
        self.bootNonce = bootNonce
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.slots = slots
        self.prefetch = prefetch
        self.build = build
        self.numericsFingerprint = numericsFingerprint
        self.searchSpaceHash = searchSpaceHash
        self.configurationHash = configurationHash
        self.held = held
    }
}

extension Hello: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Hello> {
        unsafe FieldCodec { unsafe voxelnas__hello__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.protocol_minimum = protocolMinimum
            unsafe fields.protocol_maximum = protocolMaximum
            unsafe fields.worker_name = arena.string(workerName)
            unsafe fields.boot_nonce = bootNonce
            unsafe fields.cores = UInt32(clamping: cores)
            unsafe fields.memory_bytes = UInt64(clamping: memoryBytes)
            unsafe fields.slots = UInt32(clamping: slots)
            unsafe fields.prefetch = UInt32(clamping: prefetch)
            unsafe fields.build = arena.string(build)
            unsafe fields.numerics_fingerprint = arena.string(numericsFingerprint)
            unsafe fields.search_space_hash = arena.string(searchSpaceHash)
            unsafe fields.configuration_hash = arena.string(configurationHash)
            unsafe fields.n_held = held.count
            unsafe fields.held = arena.messages(held.map { unsafe $0.fields(in: arena) })
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .hello) { fields throws(WireError) in
            var hello = try unsafe Hello(
                workerName: FieldReading.string(fields.worker_name, "worker name"),
                bootNonce: fields.boot_nonce,
                cores: FieldReading.number(fields.cores, "cores", 0...65_536),
                memoryBytes: FieldReading.number(fields.memory_bytes, "memory", 0...Int.max),
                slots: FieldReading.number(fields.slots, "slots", 0...4096),
                prefetch: FieldReading.number(fields.prefetch, "prefetch", 0...4096),
                build: FieldReading.string(fields.build, "build"),
                numericsFingerprint: FieldReading.string(
                    fields.numerics_fingerprint, "numerics fingerprint"),
                searchSpaceHash: FieldReading.string(
                    fields.search_space_hash, "search space hash"),
                configurationHash: FieldReading.string(
                    fields.configuration_hash, "configuration hash"),
                held: FieldReading.messages(fields.held, fields.n_held, "held results") {
                    held throws(WireError) in try unsafe HeldResult(fields: held)
                })
            unsafe hello.protocolMinimum = fields.protocol_minimum
            unsafe hello.protocolMaximum = fields.protocol_maximum
            return hello
        }
    }
}
