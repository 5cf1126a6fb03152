/// Told by the server which of the keys were changed that a connection has read (`CLIENT TRACKING`, Redis 6 and later).
///
/// Each key is told once after it was read; who wants to hear of it again reads it again. Nothing has to be switched on in
/// the server, as keyspace notifications have to be, and nothing is told of keys that nobody has read. Changes made by
/// the connection itself aren't told.
///
/// The closures are called on the connection's event loop, and must not block.
package struct RedisTracking: Sendable {
    /// Whether the server tells.
    package enum State: Sendable, Hashable {
        /// It does from now on.
        case telling
        /// The connection is lost.
        case lost
        /// It can't: it is too old, or doesn't let us, or a proxy is in between.
        case refused(RedisError)
    }

    /// These keys were changed, removed, evicted, or have expired; nil if any may have been, as when the connection is lost.
    package var invalidated: @Sendable (_ keys: [String]?) -> Void
    /// The state has changed.
    package var changed: @Sendable (State) -> Void

    package init(
        invalidated: @escaping @Sendable (_ keys: [String]?) -> Void,
        changed: @escaping @Sendable (State) -> Void
    ) {
        self.invalidated = invalidated
        self.changed = changed
    }
}

extension RedisTracking {
    static let command = RedisCommand("CLIENT", "TRACKING", "ON", "NOLOOP")

    /// Takes what the server says unasked.
    func receive(_ push: [RESPToken]) {
        guard push.count == 2, push[0].text == "invalidate" else { return }
        // A null is FLUSHALL and its like.
        self.invalidated(push[1].elements?.compactMap(\.text))
    }
}
