import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServerSentEvents
import ServiceLifecycle

/// One open stream: the tasks that make it up, from the first byte to the last.
///
/// It runs in the task of the request, as the body of its response. Below that there are, until the stream ends: the
/// writer, which alone uses the body's writer; the closure; the timekeeper, for heartbeats and stalls; one that throws
/// away what the client sends; and Hummingbird's own, which notices that the client has gone.
struct StreamRun: Sendable {
    /// What a pipe takes from the closure is written in pieces of this size, so that a client that reads an event of
    /// many megabytes slowly is seen to make progress.
    private static let pieceSize = 64 << 10
    /// How long the end of a stream may take when the server shuts down.
    private static let shutdownLimit: Duration = .seconds(5)

    let request: Request
    let logger: Logger
    /// The route's path, for the log.
    let route: String
    let options: EventStreamOptions
    let values: ValueEncoder
    let closure: @Sendable (EventStream) async throws -> Void

    /// Runs the stream to its end.
    ///
    /// - Throws: ``EventStreamError`` if the response can't be ended properly, which has the connection closed.
    func run(_ writer: any ResponseBodyWriter) async throws {
        let pipe = self.pipe()
        let isComplete = try await self.request.body.consumeWithInboundCloseHandler { unread in
            await withTaskCancellationHandler {
                await withGracefulShutdownHandler {
                    await self.run(writer, pipe, unread: unread)
                } onGracefulShutdown: {
                    pipe.end(.shutdown)
                }
            } onCancel: {
                pipe.end(.clientGone)
            }
        } onInboundClosed: {
            pipe.end(.clientGone)
        }
        if !isComplete { throw EventStreamError(await pipe.ended()) }
    }

    private func pipe() -> EventPipe {
        var opening = ByteBuffer(bytes: EventEncoder.comment(""))
        // Not an event: one without data is not dispatched.
        if let retry = self.options.retry { opening.writeString("retry: \(retry.wholeMilliseconds)\n\n") }
        let heartbeat = self.options.heartbeat.map { ($0, ByteBuffer(bytes: EventEncoder.comment(""))) }
        let state = PipeState(opening: opening, heartbeat: heartbeat, stall: self.options.stall)
        return EventPipe(state, timing: Timing(self.options.clock))
    }

    /// - Returns: whether everything was written, with the end of the response.
    private func run(_ writer: any ResponseBodyWriter, _ pipe: EventPipe, unread: RequestBody) async -> Bool {
        let writer = HandedOver(writer: writer)
        return await withTaskGroup(of: Bool.self) { connection in
            connection.addTask { await Self.write(pipe, to: writer.writer) }
            await withTaskGroup(of: Void.self) { work in
                work.addTask { await self.runClosure(pipe) }
                work.addTask { await pipe.keepTime() }
                work.addTask { await Self.discard(unread) }
                let end = await pipe.ended()
                if Self.isAbrupt(end) {
                    connection.cancelAll()
                } else if let limit = end == .shutdown ? Self.shutdownLimit : self.options.stall {
                    // The writer has the end of the response to write, to a client that may not read.
                    connection.addTask {
                        try? await pipe.timing.sleep(limit)
                        return false
                    }
                }
                work.cancelAll()
            }
            let isComplete = await connection.next() ?? false
            connection.cancelAll()
            return isComplete
        }
    }

    private func runClosure(_ pipe: EventPipe) async {
        let stream = EventStream(pipe, lastEventID: self.request.lastEventID, values: self.values)
        do {
            try await self.closure(stream)
            pipe.end(.finished)
        } catch {
            let isCause = pipe.end(.finished)
            // A closure whose client is gone may fail in whatever way, and what is wrong with a request is its client's
            // fault: neither is an error that somebody should look into.
            let isRefusal = (error as? any HTTPResponseError)?.status.kind == .clientError
            self.logger.log(
                level: isCause ? (isRefusal ? .info : .error) : .debug,
                "The stream's closure failed",
                metadata: ["route": .string(self.route), "error": .string(String(describing: error))]
            )
        }
    }

    /// - Returns: whether everything was written, with the end of the response.
    private static func write(_ pipe: EventPipe, to writer: any ResponseBodyWriter) async -> Bool {
        var writer = writer
        do {
            while var bytes = await pipe.next() {
                while let piece = bytes.readSlice(length: min(Self.pieceSize, bytes.readableBytes)),
                    piece.readableBytes > 0
                {
                    try await writer.write(piece)
                    pipe.progress()
                }
            }
            if Self.isAbrupt(await pipe.ended()) { return false }
            try await writer.finish(nil)
            return true
        } catch {
            pipe.end(.clientGone)
            return false
        }
    }

    /// Whether a stream that ends so leaves nothing to write: there is nobody who reads.
    private static func isAbrupt(_ end: EventStreamError.Code) -> Bool {
        end == .clientGone || end == .stalled
    }

    /// Takes what the client sends. Nobody wants it, but unread it would hide from Hummingbird that the client leaves.
    private static func discard(_ unread: RequestBody) async {
        do {
            for try await _ in unread {}
        } catch {
            // The client has gone, and is noticed elsewhere.
        }
    }
}

/// The writer of a response's body, on its way from the task of the request to a child task.
///
/// Unchecked, because the protocol doesn't promise that a writer may change tasks: the request's task hands it to one
/// child, uses it no more, and outlives the child; so one task uses it at a time, each after what the other did.
private struct HandedOver: @unchecked Sendable {
    let writer: any ResponseBodyWriter
}
