import EventSourceClient

/// One stream and the task that reads it: each item is reported before the next is asked for, so that a slow harness
/// holds up the stream as any slow reader does.
final class OpenStream: Sendable {
    private let source: EventSource
    private let callbacks: Callbacks
    private let (closings, closing) = AsyncStream.makeStream(of: Never.self)

    init(source: EventSource, callbacks: Callbacks) {
        self.source = source
        self.callbacks = callbacks
    }

    func restart() {
        source.restart()
    }

    func close() {
        closing.finish()
    }

    /// Reads until it is closed. A stream that ended by itself is still there to be closed.
    func run() async {
        async let _: Void = read()
        for await _ in closings {}
        // Leaving cancels the reading and waits for it.
    }

    private func read() async {
        var callbacks = callbacks
        do {
            for try await item in source.items {
                switch item {
                case .event(let event): try await callbacks.post(.event(event))
                case .comment(let text): try await callbacks.post(.comment(text))
                case .state(.waiting(let reason, _)): try await callbacks.post(.error(reason.message))
                case .state: break
                }
            }
        } catch let error as EventSourceError {
            // The last report: if nobody takes it, nobody wants it.
            try? await callbacks.post(.error(error.message))
        } catch {
            // Nobody takes reports any more, so nothing more is read.
        }
    }
}
