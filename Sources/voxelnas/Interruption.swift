import Dispatch
import Foundation
import Glibc
import Pipeline

/// Turns the first Ctrl-C or SIGTERM into a request to stop; the second one ends the process.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    /// Watches for signals for as long as it lives.
    init(_ stop: StopFlag, then action: @escaping @Sendable () -> Void = {}) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if stop.isSet { exit(130) }
                stop.set()
                FileHandle.standardError.write(
                    Data("\nstopping after this step; once more ends at once\n".utf8))
                action()
            }
            source.resume()
            return source
        }
    }
}
