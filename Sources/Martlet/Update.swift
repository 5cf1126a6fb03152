package import ServerSentEvents

/// An event addressed to one or more topics, public or private.
///
/// What an update holds is checked when it is made; whoever receives one need not check again.
///
/// ```swift
/// let update = try Update(topic: "greetings", data: "hello")
/// let id = try await hub.publish(update)
/// ```
public struct Update: Sendable, Hashable {
    /// The longest id and the longest type, in bytes of UTF-8.
    public static let maxFieldBytes = 1024
    /// The most topics one update is addressed to.
    public static let maxTopics = 1000
    /// What a client sends as `Last-Event-ID` to be given everything that is kept; no update may have it as its id.
    public static let earliest = "earliest"

    /// Whom the update concerns: the first is canonical, the rest alternate. Never empty.
    public let topics: [Topic]
    /// The payload; line ends of any kind are allowed, and arrive as LF.
    public let data: String
    /// The publisher's own id, or nil to be given one.
    public let id: String?
    /// The event's type, or nil for `message`.
    public let type: String?
    /// After how many milliseconds a client shall reconnect, or nil to leave that as it is.
    public let retry: Int?
    /// Whether only subscribers that were granted one of the topics may see it.
    public let isPrivate: Bool

    /// Makes an update for several topics.
    ///
    /// - Throws: ``UpdateError`` if there are no or more than 1,000 topics, if the id or type is too long or holds what
    ///   would break the stream (CR, LF, NUL; in an id any control character), or if `retry` is negative.
    public init(
        topics: [Topic],
        data: String,
        id: String? = nil,
        type: String? = nil,
        retry: Int? = nil,
        isPrivate: Bool = false
    ) throws(UpdateError) {
        guard !topics.isEmpty else { throw UpdateError(code: .topic, message: "Missing \"topic\" parameter.") }
        guard topics.count <= Update.maxTopics else {
            throw UpdateError(
                code: .topic,
                message: "An update has \(topics.count) topics; at most \(Update.maxTopics) are allowed."
            )
        }
        self.topics = topics
        self.data = data
        self.id = if let id, !id.isEmpty { try Update.checked(id: id) } else { nil }
        self.type = if let type, !type.isEmpty { try Update.checked(type: type) } else { nil }
        if let retry, retry < 0 {
            throw UpdateError(code: .retry, message: "\"retry\" must be a number of milliseconds, 0 or more.")
        }
        self.retry = retry
        self.isPrivate = isPrivate
    }

    /// Makes an update for one topic.
    ///
    /// - Throws: as ``init(topics:data:id:type:retry:isPrivate:)``.
    public init(
        topic: Topic,
        data: String,
        id: String? = nil,
        type: String? = nil,
        retry: Int? = nil,
        isPrivate: Bool = false
    ) throws(UpdateError) {
        try self.init(topics: [topic], data: data, id: id, type: type, retry: retry, isPrivate: isPrivate)
    }

    /// Makes an update for one topic, by its name.
    ///
    /// - Throws: ``UpdateError`` also if the name is no topic, see ``Topic/init(_:)``.
    public init(
        topic: String,
        data: String,
        id: String? = nil,
        type: String? = nil,
        retry: Int? = nil,
        isPrivate: Bool = false
    ) throws(UpdateError) {
        try self.init(topic: Topic(topic), data: data, id: id, type: type, retry: retry, isPrivate: isPrivate)
    }

    /// Takes what a log gives back; it was checked before it was appended.
    package init(
        uncheckedTopics topics: [Topic],
        data: String,
        id: String?,
        type: String?,
        retry: Int?,
        isPrivate: Bool
    ) {
        self.topics = topics
        self.data = data
        self.id = id
        self.type = type
        self.retry = retry
        self.isPrivate = isPrivate
    }

    /// The event as subscribers get it, once the log has given it a position.
    package func event(at position: Position) -> Event {
        Event(id: self.id ?? position.description, type: self.type, data: self.data, retry: self.retry)
    }

    private static func checked(id: String) throws(UpdateError) -> String {
        try checkLength(of: id, named: "id")
        // The id travels in the Last-Event-ID header too, where no control character may stand (RFC 9110 §5.5).
        guard !id.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw UpdateError(
                code: .id,
                message: "\"id\" must not contain line breaks, NUL or other control characters."
            )
        }
        guard id.utf8.first != 0x20, id.utf8.last != 0x20 else {
            throw UpdateError(code: .id, message: "\"id\" must not begin or end with a space, which a header loses.")
        }
        guard id != Update.earliest else {
            throw UpdateError(code: .id, message: "\"earliest\" is no id: it asks for everything that is kept.")
        }
        return id
    }

    private static func checked(type: String) throws(UpdateError) -> String {
        try checkLength(of: type, named: "type")
        do throws(EventEncodingError) {
            try EventEncoder.validate(type: type)
        } catch {
            throw UpdateError(code: .type, message: "\"type\" must not contain a line break (CR or LF) or NUL.")
        }
        return type
    }

    private static func checkLength(of value: String, named name: String) throws(UpdateError) {
        let count = value.utf8.count
        guard count <= Update.maxFieldBytes else {
            throw UpdateError(
                code: name == "id" ? .id : .type,
                message: "\"\(name)\" is \(count) bytes long; at most \(Update.maxFieldBytes) are allowed."
            )
        }
    }
}

extension Update {
    /// Bytes that its topics cost in memory, with their place in an index. An update may have a thousand.
    var topicsCost: Int { self.topics.reduce(0) { $0 + $1.name.utf8.count + 64 } }
}
