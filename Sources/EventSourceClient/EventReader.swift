import NIOCore
import ServerSentEvents

/// Reads one stream through all its connections. Owned by one iterator, used by the task that iterates.
///
/// What to do next is decided by ``ReconnectPolicy``, where to go by ``RequestTarget``, what bytes mean by
/// `EventParser`; this does what they say. It waits in one place, ``wait(within:isolation:for:)``.
final class EventReader {
    enum Phase {
        case connecting
        case requesting
        case open(Exchange)
        case waiting(Duration)
        /// Events that came before an error are handed out first.
        case failing(EventSourceError)
        case finished
    }

    /// Why a wait ended without what was waited for.
    enum Interruption: Error {
        case cancelled, restarted, timedOut
    }

    let source: EventSource
    let control: ReaderControl
    private var phase = Phase.connecting
    private var policy: ReconnectPolicy
    private var parser: EventParser
    private var hasEvents = false
    /// What has happened and was not handed out yet.
    private var items: [EventSource.Item] = []

    var lastEventID: String { parser.lastEventID }

    /// - Parameter reportsComments: Whether somebody wants to see comments.
    init(_ source: EventSource, reportsComments: Bool) {
        self.source = source
        control = source.switchboard.makeControl()
        policy = ReconnectPolicy(source.configuration.reconnection)
        parser = EventParser(
            lastEventID: source.configuration.lastEventID,
            limits: source.configuration.limits,
            reportsComments: reportsComments
        )
    }

    deinit {
        control.replaceExchange(with: nil)
        source.switchboard.remove(control)
        if case .finished = phase { return }
        source.switchboard.tell(.closed)
    }

    /// Waits for the next items, as many as there are at once; never none. `nil` at the end.
    func nextBatch(
        isolation: isolated (any Actor)? = #isolation
    ) async throws(EventSourceError) -> [EventSource.Item]? {
        while true {
            if !items.isEmpty {
                defer { items = [] }
                return items
            }
            if Task.isCancelled { finish() }
            switch phase {
            case .connecting:
                // A restart that was asked for before is what happens now.
                _ = control.takeRestart()
                enter(.requesting, telling: .connecting)
            case .requesting:
                do throws(Interruption) {
                    took(try await connect(isolation: isolation))
                } catch {
                    interrupted(by: error)
                }
            case .open(let exchange):
                await read(exchange, isolation: isolation)
            case .waiting(let delay):
                do throws(Interruption) {
                    _ = try await wait(within: delay, isolation: isolation) { () -> Void? in nil }
                } catch {
                    interrupted(by: error)
                }
            case .failing(let error):
                finish()
                items = []
                throw error
            case .finished where items.isEmpty:
                return nil
            case .finished:
                continue
            }
        }
    }

    /// Waits until `poll` has something.
    ///
    /// A restart breaks off the exchange, which then looks like one that failed. So whether there was a restart is asked
    /// behind `poll`, and goes before what that has brought, which belongs to the answer that is given up. Nothing is lost
    /// with it: bytes among it were not parsed, so the next request still asks for what comes after the last event that
    /// was handed out.
    func wait<Value>(
        within limit: Duration?,
        isolation: isolated (any Actor)?,
        for poll: () -> Value?
    ) async throws(Interruption) -> Value {
        let timing = source.timing
        let deadline = limit.map { timing.now() + $0 }
        while true {
            if Task.isCancelled { throw .cancelled }
            let value = poll()
            if control.takeRestart() { throw .restarted }
            if let value { return value }
            if let deadline {
                let rest = deadline - timing.now()
                if rest <= .zero { throw .timedOut }
                await control.wait(atMost: rest, timing: timing, isolation: isolation)
            } else {
                await control.wait(isolation: isolation)
            }
        }
    }
}

extension EventReader {
    private func took(_ answer: Answer) {
        switch answer {
        case .stream(let exchange):
            _ = tell(.opened)
            parser.finish()
            hasEvents = false
            enter(.open(exchange), telling: .open)
        case .refusal(let error, let retryAfter):
            leave(.answered(status: error.status ?? 0, retryAfter: retryAfter), reason: error)
        case .failure(let error):
            leave(.failed, reason: error)
        case .error(let error):
            phase = .failing(error)
        }
    }

    /// What ended a wait that is not about the stream itself.
    private func interrupted(by interruption: Interruption) {
        switch interruption {
        case .cancelled:
            finish()
        case .restarted:
            _ = tell(.restarted)
            phase = .connecting
        case .timedOut:
            phase = .connecting
        }
    }

    private func read(_ exchange: Exchange, isolation: isolated (any Actor)?) async {
        let idleTimeout = source.configuration.idleTimeout
        do throws(Interruption) {
            switch try await wait(within: idleTimeout, isolation: isolation, for: exchange.take) {
            case .bytes(let bytes):
                parse(bytes)
            case .end:
                leave(.ended(afterEvents: hasEvents), reason: reason(.streamEnded, "the server ended the stream"))
            case .failure(let error):
                let why = EventSourceClient.reason(of: error)
                leave(.failed, reason: reason(.connectionLost, "connection lost: \(why)"))
            }
        } catch {
            if error == .timedOut {
                leave(.failed, reason: reason(.idleTimeout, "nothing came for \(idleTimeout ?? .zero)"))
            } else {
                interrupted(by: error)
            }
        }
    }

    private func parse(_ bytes: ByteBuffer) {
        var batch: [EventSource.Item] = []
        var hasEvents = hasEvents
        var retry: Int?
        do throws(EventParserError) {
            try bytes.withUnsafeReadableBytes { bytes -> Result<Void, EventParserError> in
                // Passed out as a value, because NIO's method erases the type of what is thrown.
                Result { () throws(EventParserError) in
                    try parser.parse(bytes) { item in
                        switch item {
                        case .event(let event):
                            hasEvents = true
                            batch.append(.event(event))
                        case .comment(let text): batch.append(.comment(text))
                        case .retry(let milliseconds): retry = milliseconds
                        }
                    }
                }
            }.get()
        } catch {
            phase = .failing(reason(.limitExceeded, error.message))
        }
        self.hasEvents = hasEvents
        if let retry { _ = tell(.retry(retry)) }
        items = batch
    }

    private func reason(_ code: EventSourceError.Code, _ message: String) -> EventSourceError {
        EventSourceError(code, message, url: source.url)
    }

    private func tell(_ input: ReconnectPolicy.Input) -> ReconnectPolicy.Action {
        policy.handle(input, at: source.timing.now(), random: source.configuration.reconnection.random())
    }

    private func enter(_ next: Phase, telling state: EventSource.State) {
        phase = next
        items.append(.state(state))
        source.switchboard.tell(state)
    }

    /// Does what the policy says now that there is no stream.
    private func leave(_ input: ReconnectPolicy.Input, reason: EventSourceError) {
        control.replaceExchange(with: nil)
        switch tell(input) {
        case .wait(let delay): enter(.waiting(delay), telling: .waiting(reason: reason, delay: delay))
        case .end: finish()
        case .fail, .proceed: phase = .failing(reason)
        }
    }

    private func finish() {
        if case .finished = phase { return }
        control.replaceExchange(with: nil)
        enter(.finished, telling: .closed)
    }
}
