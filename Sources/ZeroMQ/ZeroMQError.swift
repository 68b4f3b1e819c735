internal import CZeroMQ
internal import Glibc

/// What libzmq said when a call failed.
package struct ZeroMQError: Error, Hashable, CustomStringConvertible {
    /// The function that failed.
    package let function: String
    /// The error number that it left.
    package let code: Int32

    /// The error that the calling thread's last libzmq call left.
    init(calling function: String) {
        self.function = function
        code = zmq_errno()
    }

    package var description: String {
        "\(function): \(unsafe String(cString: zmq_strerror(code)))"
    }

    /// Nothing to read, or no room to write, at the moment.
    package var isWouldBlock: Bool { code == EAGAIN }
    /// A router has no connection of that routing identifier.
    package var isUnreachable: Bool { code == EHOSTUNREACH }
    /// A signal came in between; the call may be repeated.
    package var isInterrupted: Bool { code == EINTR }
    /// The address is taken.
    package var isAddressInUse: Bool { code == EADDRINUSE }
}
