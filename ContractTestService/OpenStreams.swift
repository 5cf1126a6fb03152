import AsyncHTTPClient
import Hummingbird
import ServiceLifecycle
import Synchronization

/// The streams that are open, by number, and the one place where their tasks live.
final class OpenStreams: Service {
    /// Far more than a run of the tests has at a time.
    private static let most = 1000

    private struct State {
        var lastID = 0
        var streams: [Int: OpenStream] = [:]
    }

    private let client: HTTPClient
    private let state = Mutex(State())
    private let (opened, opening) = AsyncStream.makeStream(of: OpenStream.self, bufferingPolicy: .bufferingOldest(most))

    init(client: HTTPClient) {
        self.client = client
    }

    /// Runs the streams until the service ends, and ends them with it.
    func run() async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await stream in self.opened {
                    group.addTask { await stream.run() }
                }
            }
        }
    }

    /// Opens a stream and returns its number.
    ///
    /// - Throws: 503 if there are too many.
    func open(_ parameters: StreamParameters.Validated) throws(HTTPError) -> Int {
        let callbacks = Callbacks(url: parameters.callbackURL, client: client)
        let stream = OpenStream(source: parameters.source, callbacks: callbacks)
        let id = state.withLock { state -> Int? in
            guard state.streams.count < Self.most else { return nil }
            state.lastID += 1
            state.streams[state.lastID] = stream
            return state.lastID
        }
        guard let id else { throw HTTPError(.serviceUnavailable, message: "\(Self.most) streams are open already") }
        opening.yield(stream)
        return id
    }

    /// - Throws: 404 if there is no such stream.
    func stream(_ id: Int) throws(HTTPError) -> OpenStream {
        guard let stream = state.withLock({ $0.streams[id] }) else {
            throw HTTPError(.notFound, message: "there is no stream \(id)")
        }
        return stream
    }

    /// Closes a stream and forgets it.
    ///
    /// - Throws: 404 if there is no such stream.
    func close(_ id: Int) throws(HTTPError) {
        guard let stream = state.withLock({ $0.streams.removeValue(forKey: id) }) else {
            throw HTTPError(.notFound, message: "there is no stream \(id)")
        }
        stream.close()
    }
}
