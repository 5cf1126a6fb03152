public import ServerSentEvents

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension EventSource {
    /// The events whose data is JSON, as values.
    ///
    /// ```swift
    /// struct Price: Decodable, Sendable { var symbol: String, amount: Double }
    ///
    /// for try await price in EventSource("https://example.com/prices").decode(Price.self, type: "price") {
    ///     print(price.value.symbol, price.value.amount, price.event.lastEventID)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - value: What to make of an event's data.
    ///   - type: The type of the events that are wanted; others are skipped. `nil` for all.
    ///   - decoder: How the JSON is written: its dates, its keys.
    ///   - onInvalid: Called with what is wrong with data that is no such value; the event is then skipped. Without it
    ///     such data ends the sequence with an ``EventSourceError/Code/undecodableData``.
    public func decode<Value: Decodable & Sendable>(
        _ value: Value.Type = Value.self,
        type: String? = nil,
        decoder: JSONDecoder = JSONDecoder(),
        onInvalid: (@Sendable (EventSourceError) -> Void)? = nil
    ) -> Decoded<Value> {
        decode(type: type, onInvalid: onInvalid) { event in
            try decoder.decode(Value.self, from: Data(event.data.utf8))
        }
    }

    /// The events as values, made by any decoder.
    ///
    /// ```swift
    /// let counts = EventSource("https://example.com/counts").decode { event in
    ///     guard let count = Int(event.data) else { throw NotANumber() }
    ///     return count
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - type: The type of the events that are wanted; others are skipped. `nil` for all.
    ///   - onInvalid: Called with what is wrong with an event that `body` throws for; the event is then skipped. Without
    ///     it such an event ends the sequence with an ``EventSourceError/Code/undecodableData``.
    ///   - body: Makes a value of an event. Called by the task that iterates.
    public func decode<Value: Sendable>(
        type: String? = nil,
        onInvalid: (@Sendable (EventSourceError) -> Void)? = nil,
        _ body: @escaping @Sendable (MessageEvent) throws -> Value
    ) -> Decoded<Value> {
        Decoded(source: self, type: type, onInvalid: onInvalid, body: body)
    }

    /// A value, and the event that brought it.
    public struct DecodedEvent<Value: Sendable>: Sendable {
        /// What was made of the data.
        public var value: Value
        /// The event, with its type and the id in force after it.
        public var event: MessageEvent
    }

    /// The values of an ``EventSource``, see ``EventSource/decode(_:type:decoder:onInvalid:)``. Each is made when it is
    /// asked for.
    public struct Decoded<Value: Sendable>: AsyncSequence, Sendable {
        /// A value with its event.
        public typealias Element = DecodedEvent<Value>
        /// What ends the sequence, if it does not end quietly.
        public typealias Failure = EventSourceError

        let source: EventSource
        let type: String?
        let onInvalid: (@Sendable (EventSourceError) -> Void)?
        let body: @Sendable (MessageEvent) throws -> Value

        /// Begins the stream for one reader, who connects with the first `next()`.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(self)
        }

        /// Decodes the events of one stream. Belongs to the task that iterates.
        public struct AsyncIterator: AsyncIteratorProtocol {
            private let sequence: Decoded
            /// `nil` after data that could not be decoded, which closes the connection.
            private var events: EventSource.AsyncIterator?

            init(_ sequence: Decoded) {
                self.sequence = sequence
                events = sequence.source.makeAsyncIterator()
            }

            /// Waits for the next value.
            ///
            /// - Returns: The value; `nil` after the server answered 204, after the task was cancelled, and after an
            ///   error.
            /// - Throws: ``EventSourceError`` when the events end with one, and for undecodable data, once.
            public mutating func next(
                isolation actor: isolated (any Actor)? = #isolation
            ) async throws(EventSourceError) -> DecodedEvent<Value>? {
                while let event = try await events?.next(isolation: actor) {
                    if let type = sequence.type, event.type != type { continue }
                    do {
                        return DecodedEvent(value: try sequence.body(event), event: event)
                    } catch {
                        let failure = sequence.failure(error, of: event)
                        guard let onInvalid = sequence.onInvalid else {
                            events = nil
                            throw failure
                        }
                        onInvalid(failure)
                    }
                }
                return nil
            }
        }

        private func failure(_ error: any Error, of event: MessageEvent) -> EventSourceError {
            let id = event.lastEventID.isEmpty ? "" : " with id \"\(event.lastEventID)\""
            return EventSourceError(
                .undecodableData,
                "the data of an event \"\(event.type)\"\(id) cannot be decoded: \(error)",
                url: source.url,
                body: event.data
            )
        }
    }
}

@available(*, unavailable)
extension EventSource.Decoded.AsyncIterator: Sendable {}
