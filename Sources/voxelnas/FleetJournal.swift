import Coordination
import Foundation
import Runs
import Synchronization
import Tasks
import WireProtocol

/// Writes what a coordinator notes to the run's event log, and its troubles to the terminal.
final class FleetJournal: Sendable {
    private let log: EventLog
    private let names = Mutex<[PeerID: String]>([:])

    /// The journal of a run.
    init(directory: RunDirectory) {
        log = EventLog(path: directory.eventsPath)
    }

    /// Takes a note.
    func write(_ note: CoordinatorNote) {
        if case .workerJoined(let peer, let name) = note { names.withLock { $0[peer] = name } }
        var worker = note.peer.flatMap { peer in names.withLock { $0[peer] } }
        if case .unprepared(_, let name, _) = note { worker = name }
        if case .workerLost(let peer, _) = note { names.withLock { $0[peer] = nil } }
        log.append(
            RunEvent(
                kind: note.kind, worker: worker, peer: note.peer?.description,
                task: note.task?.description, text: note.description))
        guard note.isTrouble else { return }
        FileHandle.standardError.write(Data("warning: \(note)\n".utf8))
    }

    /// Writes something that is no note of the coordinator.
    func write(kind: String, _ text: String) { log.append(RunEvent(kind: kind, text: text)) }

    /// The newest events as JSON, within what a message may hold.
    var json: String {
        var events = log.last
        while true {
            let data = (try? JSONEncoder().encode(events)) ?? Data("[]".utf8)
            if data.count <= WireLimits.chunkBytes || events.isEmpty {
                return String(decoding: data, as: UTF8.self)
            }
            events.removeFirst(max(1, events.count / 4))
        }
    }
}
