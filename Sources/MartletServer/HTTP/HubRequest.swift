import HTTPTypes
import Martlet

/// A request that is the hub's to answer, by its path and method.
struct HubRequest {
    enum Action {
        /// `GET` or `HEAD`: the id to resume from that the header brings.
        case subscribe(lastEventID: String?)
        /// `POST`: what its body is.
        case publish(contentType: String?)
        /// `GET` or `HEAD` of the subscriptions API.
        case listSubscriptions(SubscriptionPath, ifNoneMatch: String?)
        /// `OPTIONS`: what a browser asks before it sends one of the others.
        case preflight(HTTPFields)
    }

    enum Target: Hashable {
        /// `/.well-known/mercure?query`
        case hub(query: String)
        /// `/.well-known/mercure/subscriptions…?query`, what follows that word as it stands in the path.
        case subscriptions(path: String, query: String)
        /// `/topics/{topic…}?query`, the topic as it stands in the path.
        case topic(path: String, query: String)

        var query: String {
            switch self {
            case .hub(let query), .subscriptions(_, let query), .topic(_, let query): query
            }
        }
    }

    let action: Action
    let target: Target
    /// A publisher's: it waits for a word before it sends its body (RFC 9110 §10.1.1).
    var expectsContinue = false
    /// A publisher's: how long it says its body is.
    var contentLength: Int?

    /// Reads a request's head; nil if it is for others to answer.
    static func read(_ request: HTTPRequest, hasShortForm: Bool) -> Result<HubRequest, RequestError>? {
        guard let target = self.target(of: request.path ?? "/", hasShortForm: hasShortForm) else { return nil }
        do throws(RequestError) {
            return .success(HubRequest(action: try self.action(of: request, on: target), target: target))
        } catch {
            return .failure(error)
        }
    }

    private static func action(of request: HTTPRequest, on target: Target) throws(RequestError) -> Action {
        switch (request.method, target) {
        case (.get, .subscriptions(let path, _)), (.head, .subscriptions(let path, _)):
            .listSubscriptions(try SubscriptionPath(path), ifNoneMatch: request.headerFields[.ifNoneMatch])
        case (.get, _), (.head, _): .subscribe(lastEventID: request.headerFields.value(of: .lastEventID))
        case (.post, .hub), (.post, .topic): .publish(contentType: request.headerFields.value(of: .contentType))
        case (.options, _): .preflight(request.headerFields)
        case (_, .subscriptions):
            throw RequestError(
                .methodNotAllowed,
                "\(request.method.rawValue) is not possible here: GET or HEAD lists subscriptions.",
                allow: "GET, HEAD, OPTIONS"
            )
        default:
            throw RequestError(
                .methodNotAllowed,
                "\(request.method.rawValue) is not possible here: GET or HEAD subscribes, POST publishes.",
                allow: "GET, HEAD, POST, OPTIONS"
            )
        }
    }

    private static func target(of path: String, hasShortForm: Bool) -> Target? {
        let question = path.utf8.firstIndex(of: UInt8(ascii: "?"))
        let resource = path[..<(question ?? path.endIndex)]
        let query = question.map { String(path[path.index(after: $0)...]) } ?? ""
        if resource == HubEndpoint.hubPath { return .hub(query: query) }
        if resource == SubscriptionPath.root { return .subscriptions(path: "", query: query) }
        if let path = resource.following(SubscriptionPath.prefix) {
            // With a slash behind it, it is another path, of an empty segment.
            return .subscriptions(path: path.isEmpty ? "/" : String(path), query: query)
        }
        guard hasShortForm, let topic = resource.following(HubEndpoint.topicsPrefix) else { return nil }
        return .topic(path: String(topic), query: query)
    }
}

/// What a subscription asks for.
struct SubscriptionQuery {
    /// What it may cost to hold one topic against all templates of a stream, which anybody may ask for: some hundreds of
    /// usual ones, or one with a hundred variables.
    static let maxStepsPerByte = 1000

    /// Each once, in the order in which they were asked for.
    var selectors: [Selector]
    /// The id its query wants to resume from.
    var lastEventID: String?
}

extension HubRequest.Target {
    /// - Parameter limit: the most selectors.
    func subscription(limit: Int) throws(RequestError) -> SubscriptionQuery {
        do {
            var selectors: [Selector] = []
            var known: Set<Selector> = []
            var lastEventID: String?
            var count = 0
            func add(_ selector: Selector) {
                count += 1
                if known.insert(selector).inserted { selectors.append(selector) }
            }
            var isHub = true
            if case .topic(let path, _) = self {
                add(Selector(exactly: try Self.topic(path)))
                isHub = false
            }
            var query = self.query
            try query.withUTF8 { bytes in
                try FormFields.forEach(in: UnsafeRawBufferPointer(bytes)) { name, value in
                    if name == "topic" {
                        if isHub, count <= limit { add(try Selector(value)) }
                    } else if name.utf8.count < 16, ["last-event-id", "lasteventid"].contains(name.lowercased()) {
                        lastEventID = value
                    }
                }
            }
            if let lastEventID, lastEventID.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                throw RequestError(.badRequest, "\"lastEventID\" must not contain control characters; no id does.")
            }
            guard !selectors.isEmpty else { throw RequestError(.badRequest, "Missing \"topic\" parameter.") }
            guard count <= limit else {
                throw RequestError(
                    .badRequest,
                    "More than \(limit) topics are asked for, which is the most that one stream may have.",
                    reason: .selectors
                )
            }
            let steps = selectors.reduce(0) { $0 + $1.stepsPerByte }
            guard steps <= SubscriptionQuery.maxStepsPerByte else {
                throw RequestError(
                    .badRequest,
                    "The templates that are asked for hold too many variables for one stream; ask for fewer or simpler ones.",
                    reason: .selectors
                )
            }
            return SubscriptionQuery(selectors: selectors, lastEventID: lastEventID)
        } catch {
            throw RequestError(reading: error)
        }
    }

    /// The topic in the short form's path, percent-encoding undone once.
    static func topic(_ path: String) throws -> Topic {
        try Topic(FormFields.decode(path, plusIsSpace: false))
    }
}

extension Substring {
    /// What follows these bytes; nil if it doesn't begin with them. Bytes, since a character may reach beyond a prefix.
    fileprivate func following(_ prefix: String) -> Substring? {
        guard self.utf8.starts(with: prefix.utf8) else { return nil }
        return self[self.utf8.index(self.startIndex, offsetBy: prefix.utf8.count)...]
    }
}

extension RequestError {
    /// 400, with what reading found.
    init(reading error: any Error) {
        switch error {
        case let error as RequestError: self = error
        case let error as UpdateError: self.init(.badRequest, error.message)
        case let error as FormFields.Malformed: self.init(.badRequest, error.message)
        default: self.init(.badRequest, "The request cannot be read: \(error)")
        }
    }
}

extension HTTPField.Name {
    /// WHATWG HTML 9.2.3.
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
