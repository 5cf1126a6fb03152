import NIOCore
public import ServerSentEvents

extension EventSource {
    /// Reads one stream through all its connections. Belongs to the task that iterates.
    ///
    /// What to do next is decided by ``ReconnectPolicy``, what bytes mean by `EventParser`; this does what they say.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private enum Phase {
            case connecting
            case open(ResponseBody)
            case waiting(Duration)
            /// Events that came before an error are handed out first.
            case failing(EventSourceError)
            case finished
        }

        private let source: EventSource
        private var phase = Phase.connecting
        private var policy: ReconnectPolicy
        private var parser: EventParser
        private var hasEvents = false
        private var events: [MessageEvent] = []
        private var position = 0

        init(_ source: EventSource) {
            self.source = source
            policy = ReconnectPolicy(source.configuration.reconnection)
            parser = EventParser(lastEventID: source.configuration.lastEventID, limits: source.configuration.limits)
        }

        /// Waits for the next event, connecting again as often as it takes.
        ///
        /// - Returns: The event; `nil` after the server answered 204, after the task was cancelled, and after an error.
        /// - Throws: ``EventSourceError`` when the server refuses, once.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(EventSourceError) -> MessageEvent? {
            if position == events.count {
                guard let batch = try await nextBatch(isolation: actor) else { return nil }
                events = batch
                position = 0
            }
            defer { position += 1 }
            return events[position]
        }

        /// Waits for the next events, as many as one read of the socket brought; never none. `nil` at the end.
        ///
        /// For a reader that wants to write what came together together. Not to be mixed with `next()`.
        package mutating func nextBatch(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(EventSourceError) -> [MessageEvent]? {
            while true {
                if Task.isCancelled { finish() }
                switch phase {
                case .connecting:
                    source.onStateChange?(.connecting)
                    take(await source.connect(lastEventID: parser.lastEventID))
                case .open(let body):
                    let batch = await read(body, isolation: actor)
                    if !batch.isEmpty { return batch }
                case .waiting(let delay):
                    // Fails only by cancellation, which the next turn finds out.
                    try? await source.timing.sleep(delay)
                    phase = .connecting
                case .failing(let error):
                    finish()
                    throw error
                case .finished:
                    return nil
                }
            }
        }
    }
}

extension EventSource.AsyncIterator {
    private mutating func take(_ answer: Answer) {
        switch answer {
        case .stream(let body):
            _ = tell(.opened)
            parser.finish()
            hasEvents = false
            phase = .open(body)
            source.onStateChange?(.open)
        case .refusal(let error, let retryAfter):
            leave(.answered(status: error.status ?? 0, retryAfter: retryAfter), reason: error)
        case .failure(let error):
            leave(.failed, reason: error)
        case .error(let error):
            phase = .failing(error)
        }
    }

    private mutating func read(_ body: ResponseBody, isolation: isolated (any Actor)?) async -> [MessageEvent] {
        let idleTimeout = source.configuration.idleTimeout
        do {
            if let chunk = try await source.timing.limit(idleTimeout, { try await body.next() }) {
                return parse(chunk)
            }
            leave(.ended(afterEvents: hasEvents), reason: reason(.streamEnded, "the server ended the stream"))
        } catch is Timing.TimedOut {
            leave(.failed, reason: reason(.idleTimeout, "nothing came for \(idleTimeout ?? .zero)"))
        } catch {
            leave(.failed, reason: reason(.connectionLost, "connection lost: \(EventSourceClient.reason(of: error))"))
        }
        return []
    }

    private mutating func parse(_ chunk: ByteBuffer) -> [MessageEvent] {
        var batch: [MessageEvent] = []
        var retry: Int?
        do throws(EventParserError) {
            try chunk.withUnsafeReadableBytes { bytes -> Result<Void, EventParserError> in
                // Passed out as a value, because NIO's method erases the type of what is thrown.
                Result { () throws(EventParserError) in
                    try parser.parse(bytes) { item in
                        switch item {
                        case .event(let event): batch.append(event)
                        case .retry(let milliseconds): retry = milliseconds
                        case .comment: break
                        }
                    }
                }
            }.get()
        } catch {
            phase = .failing(reason(.limitExceeded, error.message))
        }
        if let retry { _ = tell(.retry(retry)) }
        if !batch.isEmpty { hasEvents = true }
        return batch
    }

    private func reason(_ code: EventSourceError.Code, _ message: String) -> EventSourceError {
        EventSourceError(code, message, url: source.url)
    }

    private mutating func tell(_ input: ReconnectPolicy.Input) -> ReconnectPolicy.Action {
        policy.handle(input, at: source.timing.now(), random: source.configuration.reconnection.random())
    }

    /// Does what the policy says now that there is no stream. Assigning the phase lets go of the connection.
    private mutating func leave(_ input: ReconnectPolicy.Input, reason: EventSourceError) {
        // What cancellation broke off is no failure; the loop is about to find out.
        if Task.isCancelled { return finish() }
        switch tell(input) {
        case .wait(let delay):
            phase = .waiting(delay)
            source.onStateChange?(.waiting(reason: reason, delay: delay))
        case .end:
            finish()
        case .fail, .proceed:
            phase = .failing(reason)
        }
    }

    private mutating func finish() {
        if case .finished = phase { return }
        phase = .finished
        source.onStateChange?(.closed)
    }
}

@available(*, unavailable)
extension EventSource.AsyncIterator: Sendable {}
