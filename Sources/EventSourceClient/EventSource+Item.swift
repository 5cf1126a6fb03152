public import ServerSentEvents

extension EventSource {
    /// What happens to a stream: its events, its comments, and what becomes of its connection.
    public enum Item: Sendable, Hashable {
        /// An event, with the id that is in force after it.
        case event(MessageEvent)
        /// A comment, without its colon and one space behind it. Servers send them as heartbeats.
        case comment(String)
        /// What is being done about the connection from here on.
        case state(State)
    }

    /// Everything that happens, in the order in which it happens.
    ///
    /// For a reader that wants to see heartbeats, or has to know between which events the connection was lost. It
    /// connects, ends and throws as the sequence of events does, with `.state(.closed)` last if it ends quietly.
    ///
    /// ```swift
    /// for try await item in EventSource("https://example.com/prices").items {
    ///     switch item {
    ///     case .event(let event): print(event.type, event.data)
    ///     case .comment(let text): print("heartbeat", text)
    ///     case .state(let state): print(state)
    ///     }
    /// }
    /// ```
    public var items: Items { Items(source: self) }

    /// The items of an ``EventSource``, see ``EventSource/items``.
    public struct Items: AsyncSequence, Sendable {
        /// An item.
        public typealias Element = Item
        /// What ends the sequence, if it does not end quietly.
        public typealias Failure = EventSourceError

        fileprivate let source: EventSource

        /// Begins the stream for one reader, who connects with the first `next()`.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(EventReader(source, reportsComments: true))
        }

        /// Reads one stream through all its connections. Belongs to the task that iterates.
        public struct AsyncIterator: AsyncIteratorProtocol {
            private let reader: EventReader
            private var batch: [Item] = []
            private var position = 0

            init(_ reader: EventReader) {
                self.reader = reader
            }

            /// Waits for the next item, connecting again as often as it takes.
            ///
            /// - Returns: The item; `nil` after the server answered 204, after the task was cancelled, and after an
            ///   error.
            /// - Throws: ``EventSourceError`` when the sequence ends with one, once.
            public mutating func next(
                isolation actor: isolated (any Actor)? = #isolation
            ) async throws(EventSourceError) -> Item? {
                if position == batch.count {
                    batch = []
                    position = 0
                    guard let next = try await nextBatch(isolation: actor) else { return nil }
                    batch = next
                }
                defer { position += 1 }
                return batch[position]
            }

            /// Waits for the next items, as many as one read of the socket brought; never none. `nil` at the end.
            ///
            /// For a reader that wants to write what came together together. Not to be mixed with `next()`.
            package mutating func nextBatch(
                isolation actor: isolated (any Actor)? = #isolation
            ) async throws(EventSourceError) -> [Item]? {
                try await reader.nextBatch(isolation: actor)
            }
        }
    }
}

@available(*, unavailable)
extension EventSource.Items.AsyncIterator: Sendable {}
