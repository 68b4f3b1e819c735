internal import CWireMessages
internal import SearchSpaces
internal import Tasks
internal import Tensors

extension TaskKey {
    /// The key as a message inside another.
    var fields: Voxelnas__TaskKey {
        var fields = unsafe FieldCodec<Voxelnas__TaskKey>(
            initialize: { unsafe voxelnas__task_key__init($0) }
        ).empty
        unsafe fields.round = round
        unsafe fields.index = UInt32(clamping: index)
        return unsafe fields
    }

    /// Reads a key.
    init(fields: Voxelnas__TaskKey) throws(WireError) {
        try unsafe self.init(
            round: fields.round,
            index: FieldReading.number(fields.index, "task index", 0...(WireLimits.taskCount - 1)))
    }

    /// Reads a key that must be there.
    init(fields: UnsafeMutablePointer<Voxelnas__TaskKey>?) throws(WireError) {
        guard let fields = unsafe fields else {
            throw .invalidField("task key", found: "nothing", allowed: "a key")
        }
        try unsafe self.init(fields: fields.pointee)
    }
}

extension TaskDescription {
    /// The task as a message inside another.
    func fields(in arena: PackingArena) -> UnsafeMutablePointer<Voxelnas__TaskDescription> {
        var fields = unsafe FieldCodec<Voxelnas__TaskDescription>(
            initialize: { unsafe voxelnas__task_description__init($0) }
        ).empty
        unsafe fields.key = arena.message(key.fields)
        unsafe fields.kind = UInt32(kind.rawValue)
        unsafe fields.model = arena.string(model.name)
        switch network {
        case .sampled(let step, let phase, let path):
            var sampled = unsafe FieldCodec<Voxelnas__SampledNetwork>(
                initialize: { unsafe voxelnas__sampled_network__init($0) }
            ).empty
            unsafe sampled.step = step
            unsafe sampled.phase = phase
            unsafe sampled.path = path
            unsafe fields.network_case = VOXELNAS__TASK_DESCRIPTION__NETWORK_SAMPLED
            unsafe fields.sampled = arena.message(sampled)
        case .fixed(let architecture):
            var fixed = unsafe FieldCodec<Voxelnas__FixedNetwork>(
                initialize: { unsafe voxelnas__fixed_network__init($0) }
            ).empty
            unsafe fixed.n_choices = architecture.choices.count
            unsafe fixed.choices = arena.array(architecture.choices.map(UInt32.init(clamping:)))
            unsafe fields.network_case = VOXELNAS__TASK_DESCRIPTION__NETWORK_FIXED
            unsafe fields.fixed = arena.message(fixed)
        }
        unsafe fields.volumes = arena.string(batch.volumes)
        unsafe fields.n_scans = batch.scans.count
        unsafe fields.scans = arena.array(batch.scans.map(UInt32.init(clamping:)))
        unsafe fields.epoch = batch.epoch
        unsafe fields.augmented = batch.augmented ? 1 : 0
        unsafe fields.dropout = objective.dropout
        unsafe fields.label_smoothing = objective.labelSmoothing
        unsafe fields.n_class_weights = objective.classWeights.count
        unsafe fields.class_weights = arena.array(objective.classWeights)
        unsafe fields.exchange = exchange.number
        return unsafe arena.message(fields)
    }

    /// Reads a task that must be there.
    init(fields: UnsafeMutablePointer<Voxelnas__TaskDescription>?) throws(WireError) {
        guard let fields = unsafe fields?.pointee else {
            throw .invalidField("task", found: "nothing", allowed: "a task")
        }
        guard let kind = unsafe UInt8(exactly: fields.kind).flatMap(Kind.init(rawValue:)) else {
            throw unsafe .invalidField(
                "task kind", found: "\(fields.kind)", allowed: "a known kind")
        }
        guard let exchange = unsafe ExchangeFormat(number: fields.exchange) else {
            throw unsafe .invalidField(
                "exchange format", found: "\(fields.exchange)", allowed: "0 or 1")
        }
        let scans = try unsafe FieldReading.array(
            fields.scans, fields.n_scans, "scans", limit: WireLimits.scanCount)
        try unsafe self.init(
            key: TaskKey(fields: fields.key), kind: kind,
            model: ModelID(FieldReading.string(fields.model, "model")),
            network: Network(fields: fields),
            batch: Batch(
                volumes: FieldReading.string(fields.volumes, "volumes"), scans: scans.map(Int.init),
                epoch: fields.epoch, augmented: fields.augmented != 0),
            objective: Objective(
                dropout: fields.dropout, labelSmoothing: fields.label_smoothing,
                classWeights: FieldReading.array(
                    fields.class_weights, fields.n_class_weights, "class weights",
                    limit: WireLimits.classCount)), exchange: exchange)
    }
}

extension ExchangeFormat {
    /// The format's number in messages and digests.
    var number: UInt32 { self == .float32 ? 0 : 1 }

    init?(number: UInt32) {
        switch number {
        case 0: self = .float32
        case 1: self = .bfloat16
        default: return nil
        }
    }
}

extension TaskDescription.Network {
    fileprivate init(fields: Voxelnas__TaskDescription) throws(WireError) {
        let network = unsafe fields.network_case
        if network == VOXELNAS__TASK_DESCRIPTION__NETWORK_SAMPLED,
            let sampled = unsafe fields.sampled?.pointee
        {
            self = unsafe .sampled(step: sampled.step, phase: sampled.phase, path: sampled.path)
        } else if network == VOXELNAS__TASK_DESCRIPTION__NETWORK_FIXED,
            let fixed = unsafe fields.fixed?.pointee
        {
            self = try unsafe .fixed(
                Architecture(choices: FieldReading.choices(fixed.choices, fixed.n_choices)))
        } else {
            throw .invalidField("network", found: "nothing", allowed: "sampled or fixed")
        }
    }
}
