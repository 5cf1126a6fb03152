import ServerSentEvents

/// What one request for a stream brought, and when; times are seconds since the request. Does no I/O.
///
/// Bounded, however much comes: it counts, and keeps the first few.
struct StreamRecord: Sendable {
    struct Redirect: Equatable, Sendable {
        let status: Int
        let target: String
    }

    enum End: Equatable, Sendable {
        /// In the regular way, by the server.
        case finished
        /// The connection broke, or what came made no sense.
        case broken(String)
        /// A redirect that can't be followed.
        case lost(String)
    }

    struct Received: Equatable, Sendable {
        let data: String
        let type: String
        let id: String
        let at: Double
    }

    static let keptEvents = 200
    /// What is kept of the data of an event.
    static let keptData = 256
    /// The longest id that is kept; a longer one would hardly be taken in a header.
    static let longestID = 1024
    static let keptBody = 64 << 10

    var redirects: [Redirect] = []
    /// Where the answer came from, after redirects.
    var url = ""
    var head: AnswerHead?
    var headAt: Double?
    /// What an answer that is no stream says.
    var body: [UInt8] = []

    private(set) var bytes = 0
    private(set) var firstByteAt: Double?
    private(set) var lastByteAt: Double?
    /// The longest time between two arrivals, or between the head and the first.
    private(set) var longestSilence: Double = 0
    private(set) var arrivals = 0
    private(set) var comments = 0
    private(set) var events = 0
    private(set) var retry: Int?
    /// The first events, with an id of their own or not; with a marker only those that bear it.
    private(set) var kept: [Received] = []
    private(set) var end: End?
    private(set) var endedAt: Double?

    private let marker: String?
    private var parser = EventParser(
        limits: .init(maxLineBytes: 1 << 20, maxEventBytes: 1 << 20),
        reportsComments: true
    )

    init(marker: String? = nil) {
        self.marker = marker
    }

    mutating func took(_ chunk: some Sequence<UInt8>, count: Int, at time: Double) {
        guard count > 0, self.end == nil else { return }
        self.bytes += count
        self.arrivals += 1
        self.firstByteAt = self.firstByteAt ?? time
        self.longestSilence = max(self.longestSilence, time - (self.lastByteAt ?? self.headAt ?? time))
        self.lastByteAt = time
        guard self.head?.isEventStream == true else {
            self.body.append(contentsOf: chunk.prefix(Self.keptBody - self.body.count))
            return
        }
        var items: [EventParser.Item] = []
        do {
            try self.parser.parse(chunk) { items.append($0) }
        } catch {
            self.ended(.broken("a line or an event is longer than 1 MiB"), at: time)
        }
        for item in items {
            switch item {
            case .comment: self.comments += 1
            case .retry(let milliseconds): self.retry = milliseconds
            case .event(let event):
                self.events += 1
                self.keep(event, at: time)
            }
        }
    }

    private mutating func keep(_ event: MessageEvent, at time: Double) {
        guard self.kept.count < Self.keptEvents, self.marker.map(event.data.hasPrefix) ?? true else { return }
        self.kept.append(
            Received(
                data: String(event.data.prefix(Self.keptData)),
                type: String(event.type.prefix(Self.keptData)),
                id: event.lastEventID.utf8.count <= Self.longestID ? event.lastEventID : "",
                at: time
            )
        )
    }

    mutating func ended(_ end: End, at time: Double) {
        guard self.end == nil else { return }
        self.end = end
        self.endedAt = time
    }

    /// The distinct ids that came, in order.
    var ids: [String] {
        var ids: [String] = []
        for event in self.kept where !event.id.isEmpty && event.id != ids.last { ids.append(event.id) }
        return ids
    }

    /// The longest silence if nothing has come until `time`.
    func silence(until time: Double) -> Double {
        max(self.longestSilence, time - (self.lastByteAt ?? self.headAt ?? 0))
    }

    /// The first line of a refusal that says something.
    var bodySentence: String {
        let text = String(decoding: self.body, as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) }
        return String(line?.prefix(300) ?? "")
    }
}
