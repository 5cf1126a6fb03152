import EventSourceClient
import Hummingbird
import NIOHTTP1

/// How a stream is to be opened, as the harness says: the body of a `POST /`. Fields that are not known are ignored,
/// `null` is as good as absent.
struct StreamParameters: Decodable {
    var tag: String?
    var callbackUrl: String
    var streamUrl: String
    var initialDelayMs: Int?
    var readTimeoutMs: Int?
    var lastEventId: String?
    var headers: [String: String]?
    var method: String?
    var body: String?

    /// The stream to open, and where to report what it brings.
    struct Validated: Sendable {
        var source: EventSource
        var callbackURL: String
    }

    /// - Throws: 400 for what cannot be meant.
    func validated() throws(HTTPError) -> Validated {
        try requireHTTP(streamUrl, "streamUrl")
        try requireHTTP(callbackUrl, "callbackUrl")
        var configuration = EventSource.Configuration(lastEventID: lastEventId ?? "")
        if let initialDelayMs {
            guard (0...86_400_000).contains(initialDelayMs) else {
                throw HTTPError(.badRequest, message: "initialDelayMs must be from 0 to a day")
            }
            let delay = Duration.milliseconds(initialDelayMs)
            configuration.reconnection.delay = delay
            configuration.reconnection.shortestDelay = min(delay, configuration.reconnection.shortestDelay)
        }
        if let readTimeoutMs {
            guard (1...86_400_000).contains(readTimeoutMs) else {
                throw HTTPError(.badRequest, message: "readTimeoutMs must be from 1 to a day")
            }
            configuration.idleTimeout = .milliseconds(readTimeoutMs)
        }
        let source = EventSource(
            streamUrl,
            method: method.flatMap { $0.isEmpty ? nil : HTTPMethod(rawValue: $0) } ?? .GET,
            headers: HTTPHeaders((headers ?? [:]).map { ($0.key, $0.value) }),
            body: body.map { Array($0.utf8) },
            configuration: configuration
        )
        return Validated(source: source, callbackURL: callbackUrl)
    }

    private func requireHTTP(_ url: String, _ name: String) throws(HTTPError) {
        let schemes = ["http://", "https://"]
        guard schemes.contains(where: { url.lowercased().hasPrefix($0) && url.count > $0.count }) else {
            throw HTTPError(.badRequest, message: "\(name) is no http or https URL")
        }
    }
}
