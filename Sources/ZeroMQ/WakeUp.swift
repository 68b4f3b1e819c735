internal import CZeroMQ

/// A bell that any thread may ring and a ``Poller`` hears.
///
/// An event descriptor rather than an `inproc` socket: it may be rung from many threads at once.
package final class WakeUp: Sendable {
    let descriptor: Int32

    /// A silent bell.
    ///
    /// - Throws: ``ZeroMQError`` when the process is out of file descriptors.
    package init() throws(ZeroMQError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw ZeroMQError(calling: "eventfd") }
    }

    deinit { close(descriptor) }

    /// Rings, once or many times until it is heard.
    package func ring() { _ = eventfd_write(descriptor, 1) }

    /// Silences the bell.
    package func hear() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor, &count)
    }
}
