import ArgumentParser

/// Where a coordinator listens: `host`, `host:port` or `tcp://host:port`.
struct ListeningAddress: ExpressibleByArgument {
    /// The interface.
    let host: String
    /// The port of the control lane; 0 lets the system choose.
    let port: Int
    /// The port of the data lane, the next one.
    var dataPort: Int { port == 0 ? 0 : port + 1 }

    /// The port for admins from elsewhere, the one after that.
    var adminPort: Int { port == 0 ? 0 : port + 2 }

    /// A host that workers on this machine can connect to.
    var reachableHost: String { host == "0.0.0.0" || host == "*" ? "127.0.0.1" : host }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        let text = argument.hasPrefix("tcp://") ? String(argument.dropFirst(6)) : argument
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty else { return nil }
        guard parts.count == 2 else {
            self.init(host: text, port: 7731)
            return
        }
        guard let port = Int(parts[1]), (0...65_533).contains(port) else { return nil }
        self.init(host: String(parts[0]), port: port)
    }
}
