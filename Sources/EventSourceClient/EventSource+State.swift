extension EventSource {
    /// What an iterator is doing about its connection.
    ///
    /// ```swift
    /// let events = EventSource(url) { state in
    ///     if case .waiting(let reason, let delay) = state { print("\(reason), next attempt in \(delay)") }
    /// }
    /// ```
    public enum State: Sendable {
        /// It is about to connect.
        case connecting
        /// The server has answered with a stream.
        case open
        /// There is no connection, for this reason; the next attempt comes after the delay.
        case waiting(reason: EventSourceError, delay: Duration)
        /// The sequence has ended. Not reported of an iterator that was dropped before its end.
        case closed
    }
}
