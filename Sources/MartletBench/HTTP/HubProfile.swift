/// How a kind of server is spoken to: where one subscribes, where one publishes, and what a published body looks like.
package enum HubProfile: String, Sendable, Hashable, CaseIterable {
    /// Martlet: Mercure's subscriptions, `/topics/…` for single updates, JSON lines for batches.
    case martlet
    /// Any hub of the Mercure protocol.
    case mercure
    /// nginx with nchan, with locations `/sub/…` and `/pub/…`.
    case nchan
    /// Any stream: the URL itself is subscribed to.
    case sse

    /// What a request to publish carries.
    package enum Body: Sendable, Hashable {
        /// The data as it is.
        case raw
        /// Mercure's form.
        case form
        /// One object per line.
        case jsonLines

        var contentType: String {
            switch self {
            case .raw: "text/plain"
            case .form: "application/x-www-form-urlencoded"
            case .jsonLines: "application/x-ndjson"
            }
        }
    }

    /// Path and query to subscribe at, where `{topic}` stands for the topic; nil is the URL's own.
    package var subscribePath: String? {
        switch self {
        case .martlet, .mercure: "/.well-known/mercure?topic={topic}"
        case .nchan: "/sub/{topic}"
        case .sse: nil
        }
    }

    /// Path to publish at, or nil if it has to be said.
    package func publishPath(batches: Bool) -> String? {
        switch self {
        case .martlet: batches ? "/.well-known/mercure" : "/topics/{topic}"
        case .mercure: "/.well-known/mercure"
        case .nchan: "/pub/{topic}"
        case .sse: nil
        }
    }

    package func body(batches: Bool) -> Body {
        switch self {
        case .martlet: batches ? .jsonLines : .raw
        case .mercure: .form
        case .nchan, .sse: .raw
        }
    }

    /// Whether many updates can be published in one request.
    package var hasBatches: Bool { self == .martlet }

    /// Whether a stream can ask for several topics.
    package var hasManyTopics: Bool { self == .martlet || self == .mercure }

    /// A topic name of the same length for each number. nchan's are a part of a path, without slashes.
    package func topic(_ number: Int, of run: String) -> String {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, Self.topicDigits - digits.count)) + digits
        return self == .nchan ? "bench-\(run)-\(padded)" : "bench/\(run)/\(padded)"
    }

    /// Digits of a topic's number.
    static let topicDigits = 7
}
