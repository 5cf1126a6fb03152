import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import ServerSentEvents

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reports what a stream brings to its harness, in order and numbered from 1. Belongs to the task that reads the stream.
struct Callbacks: Sendable {
    /// A report.
    enum Message: Encodable {
        case event(MessageEvent)
        case comment(String)
        case error(String)

        private enum Key: String, CodingKey {
            case kind, event, comment, error, type, data, id
        }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Key.self)
            switch self {
            case .event(let event):
                try object.encode("event", forKey: .kind)
                var inner = object.nestedContainer(keyedBy: Key.self, forKey: .event)
                try inner.encode(event.type, forKey: .type)
                try inner.encode(event.data, forKey: .data)
                try inner.encode(event.lastEventID, forKey: .id)
            case .comment(let text):
                try object.encode("comment", forKey: .kind)
                try object.encode(text, forKey: .comment)
            case .error(let sentence):
                try object.encode("error", forKey: .kind)
                try object.encode(sentence, forKey: .error)
            }
        }
    }

    private let url: String
    private let client: HTTPClient
    private var count = 0

    init(url: String, client: HTTPClient) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.client = client
    }

    /// Posts a report and waits until it was taken.
    ///
    /// - Throws: What keeps it from being delivered. An answer of any status is a delivery.
    mutating func post(_ message: Message) async throws {
        count += 1
        var request = HTTPClientRequest(url: "\(url)/\(count)")
        request.method = .POST
        request.headers = ["Content-Type": "application/json"]
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(message)))
        let response = try await client.execute(request, timeout: .seconds(30))
        // Read to its end, so that the next report goes over the same connection.
        for try await _ in response.body {}
    }
}
