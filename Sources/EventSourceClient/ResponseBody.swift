import AsyncHTTPClient
import NIOCore

/// The bytes of one response, pulled piece by piece; nothing is read ahead of who pulls, but what the socket gave at
/// once. The response is closed when this goes.
///
/// An actor, because reading under a time limit happens in a child task; the iterator stays where it is.
actor ResponseBody {
    private var iterator: HTTPClientResponse.Body.AsyncIterator

    init(_ body: HTTPClientResponse.Body) {
        iterator = body.makeAsyncIterator()
    }

    /// The next bytes; `nil` at the regular end.
    func next() async throws -> ByteBuffer? {
        // A copy, because a property cannot be suspended in; the iterator refers to one shared state.
        var iterator = iterator
        return try await iterator.next(isolation: self)
    }

    /// What comes within the limit, be it cut off or broken off.
    func text(upTo limit: Int) async -> String {
        var text = ByteBuffer()
        while text.readableBytes < limit, let chunk = try? await next() {
            text.writeImmutableBuffer(chunk)
        }
        return String(decoding: text.readableBytesView.prefix(limit), as: UTF8.self)
    }
}
