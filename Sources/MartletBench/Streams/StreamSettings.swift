import NIOCore

/// What all streams of a load have in common.
struct StreamSettings: Sendable {
    /// How a stream's bytes are looked at.
    enum Sight: Sendable, Hashable {
        /// Markers are looked for, and nothing else.
        case markers(payloadBytes: Int)
        /// Events are parsed, for their ids; markers are read in their data.
        case events
    }

    var target: HubTarget
    var route: Route
    var sight: Sight
    /// How many publishers there are, to tell their updates apart.
    var publishers = 1
    /// Topics that are published to; a stream asks for one of them.
    var topics = 1
    /// Further topics that each stream asks for, of its own.
    var ownTopics = 0
    /// The number of the first topic.
    var firstTopic = 0
    /// How many connections an event loop has under way at once.
    var concurrency = 64
    var answerTimeout = TimeAmount.seconds(20)
    /// Streams end on purpose; that one ends is no fault.
    var mayEnd = false

    /// The topic that a stream is measured with.
    func topic(of stream: Int) -> Int { self.firstTopic + stream % self.topics }

    func request(of stream: Int, lastEventID: String?) -> [UInt8] {
        let first = self.firstTopic + self.topics + stream * self.ownTopics
        return self.target.subscribeRequest(
            topic: self.topic(of: stream),
            others: first..<(first + self.ownTopics),
            lastEventID: lastEventID
        )
    }
}
