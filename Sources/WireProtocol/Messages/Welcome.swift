internal import CWireMessages

/// Coordinator to worker: you are in.
///
/// The configuration travels as the payload.
package struct Welcome: Hashable, Sendable {
    /// Names this admission; a worker that greets again gets a new one.
    package var session: UInt64
    /// The coordinator's incarnation; results survive a change, cached parameters do not.
    package var epoch: UInt32
    /// The run.
    package var runID: String
    /// The hash of the configuration.
    package var configurationHash: String
    /// The port of the data lane, on the host of the control lane.
    package var dataPort: Int
    /// The pause between heartbeats.
    package var heartbeatMilliseconds: Int
    /// After this long without a word the worker starts its connections anew.
    package var silenceMilliseconds: Int
    /// The largest chunk.
    package var chunkBytes: Int
    /// Bytes under way per transfer.
    package var windowBytes: Int
    /// The run configuration, as canonical text.
    package var configuration: String

    /// A message of the given fields.
    package init(
        session: UInt64, epoch: UInt32, runID: String, configurationHash: String, dataPort: Int,
        heartbeatMilliseconds: Int, silenceMilliseconds: Int, chunkBytes: Int, windowBytes: Int,
        configuration: String
    ) {
        self.session = session
        self.epoch = epoch
        self.runID = runID
        self.configurationHash = configurationHash
        self.dataPort = dataPort
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.silenceMilliseconds = silenceMilliseconds
        self.chunkBytes = chunkBytes
        self.windowBytes = windowBytes
        self.configuration = configuration
    }
}

extension Welcome: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Welcome> {
        unsafe FieldCodec { unsafe voxelnas__welcome__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.session = session
            unsafe fields.epoch = epoch
            unsafe fields.run_id = arena.string(runID)
            unsafe fields.configuration_hash = arena.string(configurationHash)
            unsafe fields.data_port = UInt32(clamping: dataPort)
            unsafe fields.heartbeat_ms = UInt32(clamping: heartbeatMilliseconds)
            unsafe fields.silence_ms = UInt32(clamping: silenceMilliseconds)
            unsafe fields.chunk_bytes = UInt32(clamping: chunkBytes)
            unsafe fields.window_bytes = UInt32(clamping: windowBytes)
        }
    }

    var payload: Payload { Payload(configuration) }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        let configuration = try payload.text()
        self = try unsafe Self.codec.unpack(fields, type: .welcome) { fields throws(WireError) in
            try unsafe Welcome(
                session: fields.session,
                epoch: fields.epoch,
                runID: FieldReading.string(fields.run_id, "run"),
                configurationHash: FieldReading.string(
                    fields.configuration_hash, "configuration hash"),
                dataPort: FieldReading.number(fields.data_port, "data port", 0...65_535),
                heartbeatMilliseconds: FieldReading.number(
                    fields.heartbeat_ms, "heartbeat", 10...600_000),
                silenceMilliseconds: FieldReading.number(
                    fields.silence_ms, "silence", 10...3_600_000),
                chunkBytes: FieldReading.number(
                    fields.chunk_bytes, "chunk size", 1024...WireLimits.chunkBytes),
                windowBytes: FieldReading.number(
                    fields.window_bytes, "window", 1024...WireLimits.creditBytes),
                configuration: configuration)
        }
    }
}
