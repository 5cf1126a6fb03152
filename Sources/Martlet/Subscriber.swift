import NIOCore

/// A subscriber: a cursor on the shared log, and the outlet its bytes go to. It holds no events.
///
/// Owned by its ``Shard``, and like it confined to one event loop.
package final class Subscriber {
    enum State {
        /// In ``Cohort/live``, at the index: it has all the shard has, and gets what comes.
        case live(index: Int)
        /// Its socket is full; it reads on from its cursor when there is room.
        case waitingForRoom
        /// A page is being read from the log for it.
        case waitingForLog
        /// Its cursor lies beyond what the shard has been told of.
        case ahead
        /// It reads on in a later turn of the loop, so that others get theirs in between.
        case yielding
        /// Its response is at its end; it is sent nothing more.
        case ending
        /// It has left.
        case gone
    }

    let cohort: Cohort
    let outlet: any StreamOutlet
    var state: State
    /// It has everything that matches up to here. For a live subscriber the shard's newest position stands for it.
    var cursor: SequenceNumber
    /// Where it is in the shard's heartbeat slices.
    var heartbeatSlot: (slice: Int, index: Int) = (0, 0)
    /// The outlet's progress when it was last looked at, and when it last had changed.
    var progress = 0
    var progressed: NIODeadline = .now()
    /// What it is sent once the shard is where it begins, too: the log was ahead of the shard.
    var owed: Owed?
    /// Tells it from the shard's other subscribers, of all times.
    let number: Int
    let joined: NIODeadline
    /// Why it ends, to be said by whoever ends it; the client does unless somebody else does.
    package var ending = StreamEnd.client
    /// It is sent nothing more.
    var isOver: Bool {
        switch self.state {
        case .ending, .gone: true
        case .live, .waitingForRoom, .waitingForLog, .ahead, .yielding: false
        }
    }
    /// Its cohort's, which lies elsewhere.
    let coding: ContentCoding

    init(cohort: Cohort, outlet: any StreamOutlet, cursor: SequenceNumber, number: Int) {
        self.cohort = cohort
        self.coding = cohort.coding
        self.outlet = outlet
        self.cursor = cursor
        self.state = .yielding
        self.number = number
        self.joined = .now()
    }
}

@available(*, unavailable)
extension Subscriber: Sendable {}

/// The newest values, and before them what one has to be told of a gap: who is cut off between the two comes back without
/// either. A reference, since hardly anybody is ever owed anything.
final class Owed {
    let gap: Gap?

    init(gap: Gap?) { self.gap = gap }
}

/// The subscribers of one shard that have the same interest, in the same coding: what is found and framed for one of them
/// goes to all.
final class Cohort {
    /// One that gets what comes, and where its bytes go without asking it. They lie next to each other: a walk over
    /// thousands looks at little else.
    struct Member {
        let subscriber: Subscriber
        /// Nil if it goes through the outlet.
        let socket: StreamSocket?
    }

    /// Where it stands in a list of the shard's index.
    struct Place {
        let list: CohortList
        var index: Int
    }

    let interest: Interest
    let coding: ContentCoding
    /// For what of history is found by looking, not by an index.
    var filter: InterestFilter
    /// Those that get what comes.
    private(set) var live: [Member] = []
    /// How many there are, live or not.
    var count = 0
    var places: [Place] = []
    /// The templates it asks for, and those it was granted.
    var templates: [TemplateIndex.Entry] = []
    var grantedTemplates: [TemplateIndex.Entry] = []
    /// The sources' topics it looks at.
    var looks: [Ownership.Look] = []
    private let grantedTopics: Set<Topic>
    private let isGrantedEverything: Bool
    /// What of the batch at hand is for it.
    var matched = Matched.nothing

    init(_ interest: Interest, coding: ContentCoding) {
        self.interest = interest
        self.coding = coding
        self.filter = InterestFilter(interest)
        self.grantedTopics = Set(interest.grants.lazy.compactMap(\.exactTopic))
        self.isGrantedEverything = interest.grants.contains(.everything)
    }

    /// Whether it may see a private update whose templates have been found.
    func isGranted(_ entry: Entry) -> Bool {
        self.isGrantedEverything
            || (!self.grantedTopics.isEmpty && entry.topics.contains(where: self.grantedTopics.contains))
            || self.grantedTemplates.contains { $0.matchedUpdate == entry.sequence }
    }

    func addLive(_ subscriber: Subscriber) {
        subscriber.state = .live(index: self.live.count)
        self.live.append(Member(subscriber: subscriber, socket: subscriber.outlet.socket))
    }

    /// Takes the subscriber at `index` out; the last one takes its place.
    func removeLive(at index: Int) {
        let last = self.live.removeLast()
        if index < self.live.count {
            self.live[index] = last
            last.subscriber.state = .live(index: index)
        }
    }
}
