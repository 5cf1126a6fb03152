extension EventSource {
    /// What is being done about the connection.
    ///
    /// A stream goes from `connecting` to `open`, or to `waiting` and back, until it is `closed`.
    public enum State: Sendable, Hashable {
        /// It is about to connect.
        case connecting
        /// The server has answered with a stream.
        case open
        /// There is no connection, for this reason; the next attempt comes after the delay.
        indirect case waiting(reason: EventSourceError, delay: Duration)
        /// The reader has come to its end, or was dropped.
        case closed
    }

    /// What becomes of the connection, for somebody else than who reads the events: a light that says "connected".
    ///
    /// Each loop begins with the state in force, if the stream is being read, and ends after ``State/closed``. Who is
    /// slow misses states, the oldest of more than eight; the newest always comes. The events do not wait. To know
    /// where among the events a connection was lost, read ``EventSource/items``.
    ///
    /// ```swift
    /// let prices = EventSource("https://example.com/prices")
    /// async let light: Void = {
    ///     for await state in prices.states { await show(state == .open ? "connected" : "connecting") }
    /// }()
    /// for try await event in prices { await show(event.data) }
    /// ```
    public var states: States { States(switchboard: switchboard) }

    /// The states of an ``EventSource``, see ``EventSource/states``.
    public struct States: AsyncSequence, Sendable {
        /// A state.
        public typealias Element = State
        /// It does not fail.
        public typealias Failure = Never

        static let capacity = 8

        fileprivate let switchboard: Switchboard

        /// Begins to watch.
        public func makeAsyncIterator() -> AsyncStream<State>.Iterator {
            switchboard.watch().makeAsyncIterator()
        }
    }

    /// Drops the connection and connects again, after the last event received.
    ///
    /// For who knows better than the network: after a change of token or of interface. May be called from any task. The
    /// connection is closed at once, whatever it is doing, and a wait is cut short; the reader connects again as soon
    /// as it waits for the next event. That is no failure: it leads to no delay and no `waiting`. Nothing happens if
    /// nobody reads.
    ///
    /// ```swift
    /// let prices = EventSource("https://example.com/prices")
    /// let reading = Task { for try await event in prices { await show(event.data) } }
    /// networkHasChanged = { prices.restart() }
    /// ```
    public func restart() {
        switchboard.restart()
    }
}
