import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// One request and what comes back, held for the reader until it asks.
///
/// Filled on the event loop of the connection, emptied by the reader's task. It holds no more than ``window`` bytes and
/// one part beyond: then the connection is not read until the reader has taken them, and TCP stops the server. Bytes
/// are gathered in one buffer, because a part may be a slice that keeps a far larger buffer alive.
///
/// Made with AsyncHTTPClient's delegate, not its asynchronous sequence of bytes: that one can be interrupted by
/// cancelling the task that reads, and by nothing else.
final class Exchange: HTTPClientResponseDelegate, Sendable {
    /// What there is to take from the body.
    enum Part {
        case bytes(ByteBuffer)
        case end
        case failure(any Error)
    }

    /// How much is read ahead of the reader.
    private static let window = 64 << 10

    private struct State {
        var isAbandoned = false
        var task: HTTPClient.Task<Void>?
        var head: HTTPResponseHead?
        var bytes = ByteBuffer()
        /// Whose future holds up the connection.
        var room: EventLoopPromise<Void>?
        var outcome: Result<Void, any Error>?
    }

    private let state = Mutex(State())
    private let control: ReaderControl

    init(control: ReaderControl) {
        self.control = control
    }

    /// Sends the request.
    func begin(_ request: HTTPClient.Request, with client: HTTPClient) {
        let task = client.execute(request: request, delegate: self)
        let isAbandoned = state.withLock { state in
            if !state.isAbandoned { state.task = task }
            return state.isAbandoned
        }
        if isAbandoned { task.cancel() }
        task.futureResult.whenComplete { self.ended($0) }
    }

    /// The head of the response, once it has come; or why it will not.
    func head() -> Result<HTTPResponseHead, any Error>? {
        state.withLock { state in
            if let head = state.head { return .success(head) }
            switch state.outcome {
            case .failure(let error): return .failure(error)
            case .success: return .failure(HTTPClientError.remoteConnectionClosed)
            case nil: return nil
            }
        }
    }

    /// The bytes that have come, or how the body ended; `nil` if there is nothing new.
    func take() -> Part? {
        let (part, room) = state.withLock { state -> (Part?, EventLoopPromise<Void>?) in
            if state.bytes.readableBytes > 0 {
                let bytes = state.bytes
                state.bytes = ByteBuffer()
                return (.bytes(bytes), state.room.take())
            }
            switch state.outcome {
            case .success: return (.end, nil)
            case .failure(let error): return (.failure(error), nil)
            case nil: return (nil, nil)
            }
        }
        room?.succeed()
        return part
    }

    /// Closes the connection, drops what has come, and is heard of no more.
    func abandon() {
        let (task, room) = state.withLock { state in
            state.isAbandoned = true
            state.bytes = ByteBuffer()
            return (state.task.take(), state.room.take())
        }
        task?.cancel()
        room?.succeed()
    }

    private func ended(_ outcome: Result<Void, any Error>) {
        let isWaitedFor = state.withLock { state in
            state.outcome = outcome
            state.task = nil
            return !state.isAbandoned
        }
        if isWaitedFor { control.ring() }
    }
}

// On the event loop of the connection.
extension Exchange {
    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let isWaitedFor = state.withLock { state in
            state.head = head
            return !state.isAbandoned
        }
        if isWaitedFor { control.ring() }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let (isNews, room) = state.withLock { state -> (Bool, EventLoopPromise<Void>?) in
            if state.isAbandoned { return (false, nil) }
            let isNews = state.bytes.readableBytes == 0
            state.bytes.writeImmutableBuffer(part)
            if state.bytes.readableBytes >= Self.window { state.room = task.eventLoop.makePromise() }
            return (isNews, state.room)
        }
        if isNews { control.ring() }
        return room?.futureResult ?? task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {}
}
