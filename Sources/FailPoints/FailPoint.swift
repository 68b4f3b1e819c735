/// A named place where a process can be made to die as by `kill -9`, for tests of what survives it.
///
/// `VOXELNAS_FAIL_POINT=NAME:COUNT` in the environment kills the process the COUNTth time that it
/// passes the point; without it a point costs a comparison. `voxelnas fail-points` lists the names.
package enum FailPoint: String, CaseIterable, Sendable {
    // The coordinator: starting.
    case incarnationNoted = "coordinator.incarnation-noted"
    case checkpointLoaded = "coordinator.checkpoint-loaded"
    case recordReplayed = "coordinator.record-replayed"
    case endpointWritten = "coordinator.endpoint-written"
    // The coordinator: a round.
    case helloAccepted = "coordinator.hello-accepted"
    case roundOpened = "coordinator.round-opened"
    case leaseIssued = "coordinator.lease-issued"
    case parametersSent = "coordinator.parameters-sent"
    case offerReceived = "coordinator.offer-received"
    case pushBegun = "coordinator.push-begun"
    case resultJudged = "coordinator.result-judged"
    case resultFolded = "coordinator.result-folded"
    case roundFinished = "coordinator.round-finished"
    // The coordinator: a step.
    case alphaUpdated = "coordinator.alpha-updated"
    case beforeApplying = "coordinator.before-applying"
    case afterApplying = "coordinator.after-applying"
    case beforeRecording = "coordinator.before-recording"
    case archiveWritten = "coordinator.archive-written"
    // The coordinator: what it writes.
    case logBeforeWriting = "coordinator.log-before-writing"
    case logHalfWritten = "coordinator.log-half-written"
    case logWritten = "coordinator.log-written"
    case logSynced = "coordinator.log-synced"
    case rootsWritten = "coordinator.roots-written"
    case checkpointBegun = "coordinator.checkpoint-begun"
    case checkpointStateWritten = "coordinator.checkpoint-state-written"
    case checkpointManifestWritten = "coordinator.checkpoint-manifest-written"
    case checkpointRenamed = "coordinator.checkpoint-renamed"
    case checkpointsPruned = "coordinator.checkpoints-pruned"
    // The worker.
    case workerStarted = "worker.started"
    case workerConnected = "worker.connected"
    case helloSent = "worker.hello-sent"
    case welcomed = "worker.welcomed"
    case runPrepared = "worker.run-prepared"
    case leaseReceived = "worker.lease-received"
    case parametersWanted = "worker.parameters-wanted"
    case parametersBegun = "worker.parameters-begun"
    case parametersComplete = "worker.parameters-complete"
    case beforeComputing = "worker.before-computing"
    case afterComputing = "worker.after-computing"
    case beforeOffering = "worker.before-offering"
    case offerSent = "worker.offer-sent"
    case pushAsked = "worker.push-asked"
    case pushSent = "worker.push-sent"
    case acknowledged = "worker.acknowledged"
    case heartbeatSent = "worker.heartbeat-sent"

    /// Dies here if the environment says so.
    @inline(__always)
    package func pass() {
        if let armed = Armed.inThisProcess, armed.point == self { armed.count(self) }
    }

    /// What is wrong with the environment's choice, or `nil`.
    package static var complaint: String? { Armed.complaint }
}
