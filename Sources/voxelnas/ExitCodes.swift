import ArgumentParser
import CTData
import DataChecks
import FailPoints
import Foundation
import Identities
import ImageCodecs
import Journal
import Pipeline
import RunConfiguration
import Runs
import Training
import Transport
import Worker

extension ExitCode {
    /// The input data are wrong.
    static let badData = ExitCode(65)
    /// A peer or service is missing.
    static let unavailable = ExitCode(69)
    /// A file cannot be written.
    static let cannotWrite = ExitCode(73)
    /// Stopped on request; everything is saved.
    static let stopped = ExitCode(75)
    /// A key is missing, or is not let in.
    static let notAllowed = ExitCode(77)
    /// The run file is wrong.
    static let badConfiguration = ExitCode(78)

    /// The code that a failure ends the program with.
    init(for error: any Error) {
        switch error {
        case is ConfigurationError: self = .badConfiguration
        case is StoppedOnRequest: self = .stopped
        case is ManifestError, is ImageCodecError, is FixListError, is PoisonLimit: self = .badData
        case RunError.unwritable, is JournalError, is CannotWrite: self = .cannotWrite
        case is KeyError, TransportError.keyRefused, TransportError.unprotected,
            WorkerError.keyRefused:
            self = .notAllowed
        case is NoWorkersLeft, is TransportError, is NotLive: self = .unavailable
        case let code as ExitCode: self = code
        default: self = .failure
        }
    }
}

/// Runs a command's work; a failure is printed once, in words, and gives its exit code.
func explainingFailures(_ work: () async throws -> Void) async throws {
    if let complaint = FailPoint.complaint { throw ValidationError(complaint) }
    do {
        try await work()
    } catch let error where !(error is ExitCode || error is CleanExit || error is ValidationError) {
        FileHandle.standardError.write(Data("voxelnas: \(error)\n".utf8))
        throw ExitCode(for: error)
    }
}
