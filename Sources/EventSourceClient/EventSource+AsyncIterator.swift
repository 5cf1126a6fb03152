public import ServerSentEvents

extension EventSource {
    /// Reads one stream through all its connections. Belongs to the task that iterates.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let reader: EventReader
        private var batch: [Item] = []
        private var position = 0

        init(_ reader: EventReader) {
            self.reader = reader
        }

        /// Waits for the next event, connecting again as often as it takes.
        ///
        /// - Returns: The event; `nil` after the server answered 204, after the task was cancelled, and after an error.
        /// - Throws: ``EventSourceError`` when the sequence ends with one, once.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(EventSourceError) -> MessageEvent? {
            while true {
                while position < batch.count {
                    defer { position += 1 }
                    if case .event(let event) = batch[position] { return event }
                }
                batch = []
                position = 0
                guard let next = try await reader.nextBatch(isolation: actor) else { return nil }
                batch = next
            }
        }
    }
}

@available(*, unavailable)
extension EventSource.AsyncIterator: Sendable {}
