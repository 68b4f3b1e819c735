/// Everything that travels between coordinator, workers and the command line.
package enum Message: Hashable, Sendable {
    case hello(Hello)
    case welcome(Welcome)
    case reject(Reject)
    case heartbeat(Heartbeat)
    case heartbeatAck(HeartbeatAck)
    case drain(Drain)
    case goodbye(Goodbye)
    case taskRequest(TaskRequest)
    case lease(Lease)
    case abandon(Abandon)
    case taskFailure(TaskFailure)
    case paramsWant(ParamsWant)
    case paramsPlan(ParamsPlan)
    case chunkGet(ChunkGet)
    case chunk(Chunk)
    case gradOffer(GradOffer)
    case gradWant(GradWant)
    case gradAck(GradAck)
    case statusQuery(StatusQuery)
    case statusReply(StatusReply)
    case shardWant(ShardWant)
    case shardPlan(ShardPlan)
    case probe(Probe)
    case adminCommand(AdminCommand)
    case adminReply(AdminReply)

    /// The message's number.
    package var type: MessageType {
        switch self {
        case .hello: .hello
        case .welcome: .welcome
        case .reject: .reject
        case .heartbeat: .heartbeat
        case .heartbeatAck: .heartbeatAck
        case .drain: .drain
        case .goodbye: .goodbye
        case .taskRequest: .taskRequest
        case .lease: .lease
        case .abandon: .abandon
        case .taskFailure: .taskFailure
        case .paramsWant: .paramsWant
        case .paramsPlan: .paramsPlan
        case .chunkGet: .chunkGet
        case .chunk: .chunk
        case .gradOffer: .gradOffer
        case .gradWant: .gradWant
        case .gradAck: .gradAck
        case .statusQuery: .statusQuery
        case .statusReply: .statusReply
        case .shardWant: .shardWant
        case .shardPlan: .shardPlan
        case .probe: .probe
        case .adminCommand: .adminCommand
        case .adminReply: .adminReply
        }
    }

    /// The message itself.
    var content: any WireMessage {
        switch self {
        case .hello(let message): message
        case .welcome(let message): message
        case .reject(let message): message
        case .heartbeat(let message): message
        case .heartbeatAck(let message): message
        case .drain(let message): message
        case .goodbye(let message): message
        case .taskRequest(let message): message
        case .lease(let message): message
        case .abandon(let message): message
        case .taskFailure(let message): message
        case .paramsWant(let message): message
        case .paramsPlan(let message): message
        case .chunkGet(let message): message
        case .chunk(let message): message
        case .gradOffer(let message): message
        case .gradWant(let message): message
        case .gradAck(let message): message
        case .statusQuery(let message): message
        case .statusReply(let message): message
        case .shardWant(let message): message
        case .shardPlan(let message): message
        case .probe(let message): message
        case .adminCommand(let message): message
        case .adminReply(let message): message
        }
    }

    init(type: MessageType, fields: [UInt8], payload: Payload) throws(WireError) {
        switch type {
        case .hello: self = .hello(try Hello(fields: fields, payload: payload))
        case .welcome: self = .welcome(try Welcome(fields: fields, payload: payload))
        case .reject: self = .reject(try Reject(fields: fields, payload: payload))
        case .heartbeat: self = .heartbeat(try Heartbeat(fields: fields, payload: payload))
        case .heartbeatAck: self = .heartbeatAck(try HeartbeatAck(fields: fields, payload: payload))
        case .drain: self = .drain(try Drain(fields: fields, payload: payload))
        case .goodbye: self = .goodbye(try Goodbye(fields: fields, payload: payload))
        case .taskRequest: self = .taskRequest(try TaskRequest(fields: fields, payload: payload))
        case .lease: self = .lease(try Lease(fields: fields, payload: payload))
        case .abandon: self = .abandon(try Abandon(fields: fields, payload: payload))
        case .taskFailure: self = .taskFailure(try TaskFailure(fields: fields, payload: payload))
        case .paramsWant: self = .paramsWant(try ParamsWant(fields: fields, payload: payload))
        case .paramsPlan: self = .paramsPlan(try ParamsPlan(fields: fields, payload: payload))
        case .chunkGet: self = .chunkGet(try ChunkGet(fields: fields, payload: payload))
        case .chunk: self = .chunk(try Chunk(fields: fields, payload: payload))
        case .gradOffer: self = .gradOffer(try GradOffer(fields: fields, payload: payload))
        case .gradWant: self = .gradWant(try GradWant(fields: fields, payload: payload))
        case .gradAck: self = .gradAck(try GradAck(fields: fields, payload: payload))
        case .statusQuery: self = .statusQuery(try StatusQuery(fields: fields, payload: payload))
        case .statusReply: self = .statusReply(try StatusReply(fields: fields, payload: payload))
        case .shardWant: self = .shardWant(try ShardWant(fields: fields, payload: payload))
        case .shardPlan: self = .shardPlan(try ShardPlan(fields: fields, payload: payload))
        case .probe: self = .probe(try Probe(fields: fields, payload: payload))
        case .adminCommand: self = .adminCommand(try AdminCommand(fields: fields, payload: payload))
        case .adminReply: self = .adminReply(try AdminReply(fields: fields, payload: payload))
        }
    }
}
