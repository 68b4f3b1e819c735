internal import CZeroMQ
internal import Glibc

/// Waits until one of several sockets can be read or written.
///
/// A poller does not own what it watches: it is used by the owner of the sockets, while they live.
@safe package struct Poller {
    private var items: [zmq_pollitem_t] = unsafe []

    /// A poller that watches nothing.
    package init() {}

    /// Watches a socket.
    ///
    /// - Returns: The place of the socket in this poller.
    package mutating func add(_ socket: borrowing Socket) -> Int {
        unsafe items.append(
            zmq_pollitem_t(
                socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
        return unsafe items.count - 1
    }

    /// Watches a monitor.
    package mutating func add(_ monitor: borrowing SocketMonitor) -> Int {
        add(monitor.socket)
    }

    /// Watches an authenticator.
    package mutating func add(_ authenticator: borrowing Authenticator) -> Int {
        add(authenticator.socket)
    }

    /// Watches a bell.
    package mutating func add(_ bell: WakeUp) -> Int {
        unsafe items.append(
            zmq_pollitem_t(
                socket: nil, fd: bell.descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
        return unsafe items.count - 1
    }

    /// Chooses what to wait for at a place.
    package mutating func watch(_ place: Int, reading: Bool = true, writing: Bool = false) {
        unsafe items[place].events =
            Int16((reading ? ZMQ_POLLIN : 0) | (writing ? ZMQ_POLLOUT : 0))
    }

    /// Waits until something happens or the time is over.
    ///
    /// - Throws: ``ZeroMQError`` when a socket is broken; a signal counts as time over.
    package mutating func wait(milliseconds: Int) throws(ZeroMQError) {
        let count = unsafe Int32(items.count)
        guard unsafe zmq_poll(&items, count, milliseconds) < 0 else { return }
        let error = ZeroMQError(calling: "zmq_poll")
        unsafe items.indices.forEach { unsafe items[$0].revents = 0 }
        guard error.isInterrupted else { throw error }
    }

    /// Whether the last wait found something to read at a place.
    package func isReadable(_ place: Int) -> Bool {
        unsafe items[place].revents & Int16(ZMQ_POLLIN) != 0
    }

    /// Whether the last wait found room to write at a place.
    package func isWritable(_ place: Int) -> Bool {
        unsafe items[place].revents & Int16(ZMQ_POLLOUT) != 0
    }
}
