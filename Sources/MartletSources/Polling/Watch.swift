package import Martlet

/// A source bound to one set of variables, alive while somebody looks at its topic.
package struct Watch: Sendable, Hashable {
    /// Where its values go.
    package let topic: Topic
    /// What the topic's template has for its variables; empty for a topic without.
    package let variables: [String: String]

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

    /// Lets go of connections; nobody looks any more. The next ``sample(_:)`` makes them anew.
    func close() async
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
