package import Martlet

/// A source bound to one set of variables, alive while somebody looks at its topic.
package struct Watch: Sendable, Hashable {
    /// Where its values go.
    package let topic: Topic
    /// What the topic's template has for its variables; empty for a topic without.
    package let variables: [String: String]
    /// How far an ``ItemReader`` has come with it, as it said itself; nil if it has published nothing yet.
    package var bookmark: String?

    package init(topic: Topic, variables: [String: String]) {
        self.topic = topic
        self.variables = variables
    }
}

/// Gets the current values of what is watched, all that are due in one go.
///
/// A source of values is one of these, run by a ``PolledSource``, which decides when to ask and what to publish.
package protocol Sampler: Sendable {
    /// The values of watches, in order: the data of an update, or why there is none.
    func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>]

    /// What ``Wakes`` call a watch by; empty if nothing tells of single ones.
    func names(of watch: Watch) -> [String]

    /// Runs while something is watched, until the task is cancelled: listens for what the source is to be woken by.
    func listen() async

    /// Lets go of connections; nobody looks any more. The next ``sample(_:)`` makes them anew.
    func close() async
}

extension Sampler {
    package func names(of watch: Watch) -> [String] { [] }
    package func listen() async {}
}

/// Reads the items of what is watched, each of which is published, all that are due in one go.
///
/// A source of items is one of these, run by a ``PolledSource``. An item is published with a bookmark, in one transaction,
/// and the next reading begins there: so each is published once, whatever fails in between.
package protocol ItemReader: Sendable {
    /// What came after each watch's ``Watch/bookmark``, in the watches' order, or why there is no telling.
    func read(_ watches: [Watch]) async -> [Result<Items, SourceProblem>]

    /// What ``Wakes`` call a watch by; empty if nothing tells of single ones.
    func names(of watch: Watch) -> [String]

    /// Lets go of connections; nobody looks any more. The next ``read(_:)`` makes them anew.
    func close() async
}

/// What a watch has got.
package struct Items: Sendable, Hashable {
    /// The data of an update each, in order.
    package var data: [String]
    /// The place after them, or nil if that has not changed.
    package var bookmark: String?
    /// Whether to read on at once.
    package var hasMore: Bool
    /// Whether the place is worth keeping when the watch ends.
    package var isKept = true

    package init(_ data: [String] = [], bookmark: String? = nil, hasMore: Bool = false) {
        self.data = data
        self.bookmark = bookmark
        self.hasMore = hasMore
    }
}

/// Why a source can't tell a value, in a sentence for the operator that names what was asked.
package struct SourceProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// What is watched can't be reached: it is tried again, less and less often.
        case unavailable
        /// What is asked for makes no sense to it, and will not by waiting.
        case refused
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
