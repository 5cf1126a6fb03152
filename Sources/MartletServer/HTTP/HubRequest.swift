import HTTPTypes
import Martlet

/// A request that is the hub's to answer, by its path and method.
enum HubRequest {
    /// `GET` or `HEAD`: where the selectors and the id to resume from stand.
    case subscribe(target: Target, headOnly: Bool, lastEventID: String?)
    /// `POST`: what its body is.
    case publish(target: Target, contentType: String?)

    enum Target: Hashable {
        /// `/.well-known/mercure?query`
        case hub(query: String)
        /// `/topics/{topic…}?query`, the topic as it stands in the path.
        case topic(path: String, query: String)

        var query: String {
            switch self {
            case .hub(let query), .topic(_, let query): query
            }
        }
    }

    /// Reads a request's head; nil if it is for others to answer.
    static func read(_ request: HTTPRequest) -> Result<HubRequest, RequestError>? {
        guard let target = self.target(of: request.path ?? "/") else { return nil }
        switch request.method {
        case .get, .head:
            let id = request.headerFields[.lastEventID]
            return .success(.subscribe(target: target, headOnly: request.method == .head, lastEventID: id))
        case .post:
            return .success(.publish(target: target, contentType: request.headerFields[.contentType]))
        default:
            return .failure(
                RequestError(
                    .methodNotAllowed,
                    "\(request.method.rawValue) is not possible here: GET or HEAD subscribes, POST publishes."
                )
            )
        }
    }

    private static func target(of path: String) -> Target? {
        let question = path.utf8.firstIndex(of: UInt8(ascii: "?"))
        let resource = path[..<(question ?? path.endIndex)]
        let query = question.map { String(path[path.index(after: $0)...]) } ?? ""
        if resource == HubEndpoint.hubPath { return .hub(query: query) }
        guard resource.hasPrefix(HubEndpoint.topicsPrefix) else { return nil }
        return .topic(path: String(resource.dropFirst(HubEndpoint.topicsPrefix.count)), query: query)
    }
}

extension HubRequest.Target {
    /// What a subscription asks for: its interest, and the id its query wants to resume from.
    func subscription() throws(RequestError) -> (interest: Interest, lastEventID: String?) {
        do {
            var selectors: [Selector] = []
            var lastEventID: String?
            if case .topic(let path, _) = self { selectors.append(Selector(exactly: try Self.topic(path))) }
            let isHub = selectors.isEmpty
            var query = self.query
            try query.withUTF8 { bytes in
                try FormFields.forEach(in: UnsafeRawBufferPointer(bytes)) { name, value in
                    switch name {
                    case "topic" where isHub: selectors.append(try Selector(value))
                    case "lastEventID", "Last-Event-ID", "last-event-id": lastEventID = value
                    default:
                        if name.lowercased() == "last-event-id" || name.lowercased() == "lasteventid" {
                            lastEventID = value
                        }
                    }
                }
            }
            if let lastEventID, lastEventID.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                throw RequestError(.badRequest, "\"lastEventID\" must not contain control characters; no id does.")
            }
            guard !selectors.isEmpty else { throw RequestError(.badRequest, "Missing \"topic\" parameter.") }
            guard selectors.count <= Update.maxTopics else {
                throw RequestError(
                    .badRequest,
                    "\(selectors.count) topics are asked for; at most \(Update.maxTopics) are allowed in one stream."
                )
            }
            return (Interest(selectors: selectors), lastEventID)
        } catch {
            throw RequestError(reading: error)
        }
    }

    /// The topic in the short form's path, percent-encoding undone once.
    static func topic(_ path: String) throws -> Topic {
        try Topic(FormFields.decode(path, plusIsSpace: false))
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
