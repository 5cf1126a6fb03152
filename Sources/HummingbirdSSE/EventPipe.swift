import NIOCore
import Synchronization

/// Between the tasks that send events and the one task that writes them: a sender waits until the writer has written
/// its event, and so until the socket has room.
///
/// One for each open stream, shared by the stream's tasks (see ``StreamRun``) and every copy of its ``EventStream``.
final class EventPipe: Sendable {
    private struct Shared {
        var state: PipeState
        var nextSender: PipeState.Sender = 0
        var senders: [PipeState.Sender: CheckedContinuation<Void, any Error>] = [:]
        var writer: CheckedContinuation<ByteBuffer?, Never>?
        var watchers: [CheckedContinuation<EventStreamError.Code, Never>] = []
    }

    private let shared: Mutex<Shared>
    let timing: Timing

    init(_ state: PipeState, timing: Timing) {
        self.shared = Mutex(Shared(state: state))
        self.timing = timing
    }

    // MARK: Sending

    /// Waits until the bytes have been written.
    ///
    /// - Throws: ``EventStreamError`` once the stream has ended; `CancellationError` if the task is cancelled.
    func send(_ bytes: ByteBuffer) async throws {
        let sender = self.shared.withLock { shared in
            defer { shared.nextSender += 1 }
            return shared.nextSender
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let now = self.timing.now()
                let resume = self.shared.withLock { shared -> (() -> Void)? in
                    // A cancellation before this is seen here; one after this finds the sender, in the handler below.
                    if Task.isCancelled, shared.state.end == nil {
                        return { continuation.resume(throwing: CancellationError()) }
                    }
                    switch shared.state.send(bytes, from: sender, at: now) {
                    case .fail(let error): return { continuation.resume(throwing: error) }
                    case .wait:
                        shared.senders[sender] = continuation
                        return nil
                    case .write(let bytes):
                        shared.senders[sender] = continuation
                        let writer = shared.writer.take()
                        return { writer?.resume(returning: bytes) }
                    }
                }
                resume?()
            }
        } onCancel: {
            let continuation = self.shared.withLock { shared in
                shared.state.cancel(sender)
                return shared.senders.removeValue(forKey: sender)
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    // MARK: Writing

    /// What to write next, once what was given before is written; nil at the end of the stream. For the writer alone.
    func next() async -> ByteBuffer? {
        await withCheckedContinuation { (continuation: CheckedContinuation<ByteBuffer?, Never>) in
            let now = self.timing.now()
            let (done, resume) = self.shared.withLock { shared -> (CheckedContinuation<Void, any Error>?, () -> Void) in
                let (done, next) = shared.state.next(at: now)
                let sender = done.flatMap { shared.senders.removeValue(forKey: $0) }
                switch next {
                case .write(let bytes): return (sender, { continuation.resume(returning: bytes) })
                case .end: return (sender, { continuation.resume(returning: nil) })
                case .wait:
                    shared.writer = continuation
                    return (sender, {})
                }
            }
            done?.resume()
            resume()
        }
    }

    /// A part of what was given has been written.
    func progress() {
        let now = self.timing.now()
        self.shared.withLock { $0.state.progress(at: now) }
    }

    // MARK: Ending

    /// Ends the stream: whoever waits is told, and what is being written is the last.
    ///
    /// - Returns: false if it had ended before, for whatever reason.
    @discardableResult
    func end(_ code: EventStreamError.Code) -> Bool {
        let (isFirst, resume) = self.shared.withLock { shared -> (Bool, () -> Void) in
            let (isFirst, writerWaits) = shared.state.end(code)
            guard isFirst else { return (false, {}) }
            let senders = Array(shared.senders.values)
            let watchers = shared.watchers
            let writer = writerWaits ? shared.writer.take() : nil
            shared.senders = [:]
            shared.watchers = []
            return (
                true,
                {
                    for sender in senders { sender.resume(throwing: EventStreamError(code)) }
                    for watcher in watchers { watcher.resume(returning: code) }
                    writer?.resume(returning: nil)
                }
            )
        }
        resume()
        return isFirst
    }

    /// Waits until the stream ends.
    func ended() async -> EventStreamError.Code {
        await withCheckedContinuation { continuation in
            let code = self.shared.withLock { shared in
                if shared.state.end == nil { shared.watchers.append(continuation) }
                return shared.state.end
            }
            if let code { continuation.resume(returning: code) }
        }
    }

    // MARK: Time

    /// Sends heartbeats and ends a stream that stalls, until the stream ends or the task is cancelled.
    func keepTime() async {
        while let pause = self.tick() {
            guard (try? await self.timing.sleep(pause)) != nil else { return }
        }
    }

    private func tick() -> Duration? {
        let now = self.timing.now()
        let (action, writer) = self.shared.withLock { shared in
            let action = shared.state.tick(at: now)
            guard case .heartbeat = action else { return (action, CheckedContinuation<ByteBuffer?, Never>?.none) }
            return (action, shared.writer.take())
        }
        switch action {
        case .sleep(let pause): return pause
        case .heartbeat(let bytes, let pause):
            writer?.resume(returning: bytes)
            return pause
        case .stalled:
            self.end(.stalled)
            return nil
        case .stop: return nil
        }
    }
}
