import Synchronization

/// The topics that one source publishes to, and which of them somebody looks at.
///
/// A hub learns of them from its sources, see ``Source/owned``. Nobody else publishes to them over HTTP; and since it is
/// known who looks at what, a source watches only that.
///
/// ```swift
/// struct Notices: Source {
///     let name = "notices"
///     let topics: OwnedTopics
///     var owned: OwnedTopics? { topics }
///
///     init() throws {
///         topics = OwnedTopics(of: name, selector: try Selector("users/{user_id}/notices"), isConflated: true)
///     }
///
///     func run(publishingTo hub: Hub) async throws {
///         while !Task.isCancelled {
///             for (topic, isWatched) in topics.changes() { print(topic, isWatched) }
///             await topics.changed()
///         }
///     }
/// }
/// ```
///
/// It may be used from any task or thread. One source takes its changes.
public final class OwnedTopics: Sendable {
    /// What the source is called.
    public let owner: String
    /// Which topics they are: one, or all that result from a template.
    public let selector: Selector
    /// Whether everybody may see the source's updates.
    public let isPublic: Bool
    /// Whether an update makes the ones before it on its topic worthless: then a newcomer is sent the newest at once, and
    /// whoever has missed several gets the newest only.
    public let isConflated: Bool
    /// How many of the newest updates of a topic a newcomer is sent at once, 0 for none. For sources whose updates each
    /// stand for themselves; a newcomer who asks for the topic by name, or for one that is claimed by name, gets them.
    public let backlog: Int
    /// Whether the source watches all of its topics or none: then whoever looks at any of them, by name, by template or
    /// with `*`, looks at the source.
    public let isWatchedAsOne: Bool

    /// A topic that a newcomer gets the newest updates of.
    struct Backlog: Sendable {
        var selector: Selector
        var count: Int
    }

    private struct State {
        /// How many cohorts of subscribers look at a topic.
        var lookers: [Topic: Int] = [:]
        /// Topics of which it is another than was told last whether they are looked at.
        var changed: Set<Topic> = []

        /// Notes that a topic begins or ceases to be looked at; false if that is what was told last. So a source that
        /// never asks has no more topics here than are looked at.
        mutating func turn(_ topic: Topic) -> Bool {
            if self.changed.remove(topic) != nil { return false }
            self.changed.insert(topic)
            return true
        }
    }

    private let state = Mutex(State())
    private let signal = Signal()

    /// Claims topics for a source.
    public init(
        of owner: String,
        selector: Selector,
        isPublic: Bool = false,
        isConflated: Bool = false,
        backlog: Int = 0,
        isWatchedAsOne: Bool = false
    ) {
        self.owner = owner
        self.selector = selector
        self.isPublic = isPublic
        self.isConflated = isConflated
        self.backlog = backlog
        self.isWatchedAsOne = isWatchedAsOne
    }

    /// The topics that began or ceased to be looked at since this was called last, each with whether it is now. What did
    /// both in between is none of them.
    public func changes() -> [(topic: Topic, isWatched: Bool)] {
        self.state.withLock { state in
            let changes = state.changed.map { (topic: $0, isWatched: state.lookers[$0] != nil) }
            state.changed.removeAll(keepingCapacity: state.changed.count < 1000)
            return changes
        }
    }

    /// Returns once there are ``changes()``, or the task is cancelled.
    public func changed() async {
        await self.signal.wait()
    }

    /// How many topics somebody looks at.
    public var watchedCount: Int { self.state.withLock { $0.lookers.count } }

    func beginLooking(at topic: Topic) {
        let isFirst = self.state.withLock { state in
            state.lookers[topic, default: 0] += 1
            return state.lookers[topic] == 1 && state.turn(topic)
        }
        if isFirst { self.signal.raise() }
    }

    func endLooking(at topic: Topic) {
        let isLast = self.state.withLock { state in
            guard let count = state.lookers[topic] else { return false }
            state.lookers[topic] = count > 1 ? count - 1 : nil
            return count == 1 && state.turn(topic)
        }
        if isLast { self.signal.raise() }
    }
}

extension OwnedTopics {
    /// One of the topics that a template of the source's gives; nil if that is none.
    var sample: Topic? {
        guard let template = self.selector.template else { return nil }
        let values = template.variableNames.map { ($0, "1") }
        return try? Topic(URITemplateExpansion(template).text(with: Dictionary(uniqueKeysWithValues: values)))
    }
}
