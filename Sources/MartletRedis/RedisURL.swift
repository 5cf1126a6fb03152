/// Where a Redis server is, and who we are to it.
///
/// `redis://[user[:password]@]host[:port][/db]`, `rediss://…` for TLS, and for Unix sockets
/// `redis+unix://[user[:password]@]/path[?db=N]` or `unix://…`. User, password and path may be percent-encoded. A password without a
/// user, `redis://:password@host`, is that of the user `default`.
///
/// Its description, and the messages of its errors, have neither user nor password.
///
/// Source: the `redis` and `rediss` schemes of IANA's registry; the Unix forms as redis-py and Celery have them.
package struct RedisURL: Sendable, Hashable {
    /// What is connected to.
    package enum Address: Sendable, Hashable {
        /// A name, or an IPv4 or IPv6 address without brackets.
        case host(String, port: Int)
        /// A Unix socket.
        case unixSocket(path: String)
    }

    /// What is connected to.
    package var address: Address
    /// Whether by TLS.
    package var isTLS: Bool
    /// The ACL user; `nil` for `default`.
    package var user: String?
    /// The password; `nil` if there is nothing to authenticate with.
    package var password: String?
    /// The number of the database.
    package var database: Int

    package init(
        address: Address,
        isTLS: Bool = false,
        user: String? = nil,
        password: String? = nil,
        database: Int = 0
    ) {
        self.address = address
        self.isTLS = isTLS
        self.user = user
        self.password = password
        self.database = database
    }
}

extension RedisURL: CustomStringConvertible, CustomReflectable {
    /// The URL without user and password, e.g. `redis://127.0.0.1:6379/0`.
    package var description: String {
        switch self.address {
        case .host(let host, let port):
            let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
            return "\(self.isTLS ? "rediss" : "redis")://\(name):\(port)/\(self.database)"
        case .unixSocket(let path):
            return "redis+unix://\(path)?db=\(self.database)"
        }
    }

    /// What `dump` shows: the description.
    package var customMirror: Mirror { Mirror(self, children: ["url": self.description]) }
}
