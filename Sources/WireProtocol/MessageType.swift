/// The number of a message in its header.
package enum MessageType: UInt16, Hashable, Sendable, CaseIterable {
    case hello = 1
    case welcome = 2
    case reject = 3
    case heartbeat = 4
    case heartbeatAck = 5
    case drain = 6
    case goodbye = 7
    case taskRequest = 16
    case lease = 17
    case abandon = 18
    case taskFailure = 19
    case paramsWant = 32
    case paramsPlan = 33
    case chunkGet = 34
    case chunk = 35
    case shardWant = 36
    case shardPlan = 37
    case probe = 38
    case gradOffer = 48
    case gradWant = 49
    case gradAck = 50
    case statusQuery = 64
    case statusReply = 65
    case adminCommand = 66
    case adminReply = 67

    /// The largest payload that the message may carry, in bytes.
    var payloadLimit: Int {
        switch self {
        case .chunk, .probe, .statusReply, .welcome, .lease: WireLimits.chunkBytes
        case .gradOffer: WireLimits.controlPayloadBytes
        default: 0
        }
    }
}
