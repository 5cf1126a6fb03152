import Foundation
import Martlet

/// A subscriber as the subscriptions API shows it. A reference, so that a stream that isn't listed has a word for it only.
final class ActiveSubscriber: Sendable {
    /// `urn:uuid:` and a random UUID.
    let id: String
    /// What it asked for, in its words.
    let topics: [String]
    /// What its token says of it, as JSON.
    let payload: String?

    /// A subscriber with a new id.
    init(topics: [String], payload: String?) {
        self.id = "urn:uuid:\(UUID().uuidString.lowercased())"
        self.topics = topics
        self.payload = payload
    }
}

/// The subscribers of one event loop that the subscriptions API lists. Confined to the loop.
final class ActiveSubscriptions {
    private var byID: [String: ActiveSubscriber] = [:]
    /// By what they ask for, compared byte for byte.
    private var byTopic: [Topic: [String: ActiveSubscriber]] = [:]

    func add(_ subscriber: ActiveSubscriber) {
        self.byID[subscriber.id] = subscriber
        for topic in subscriber.topics {
            self.byTopic[Topic(unchecked: topic), default: [:]][subscriber.id] = subscriber
        }
    }

    func remove(_ subscriber: ActiveSubscriber) {
        self.byID[subscriber.id] = nil
        for topic in subscriber.topics.map(Topic.init(unchecked:)) {
            self.byTopic[topic]?[subscriber.id] = nil
            if self.byTopic[topic]?.isEmpty == true { self.byTopic[topic] = nil }
        }
    }

    /// Those that a path speaks of.
    func matching(_ path: SubscriptionPath) -> [ActiveSubscriber] {
        guard let topic = path.topic else { return Array(self.byID.values) }
        let subscribers = self.byTopic[Topic(unchecked: topic)] ?? [:]
        guard let id = path.subscriber else { return Array(subscribers.values) }
        return subscribers[id].map { [$0] } ?? []
    }
}
