import Foundation

/// A subscriber as the subscriptions API shows it.
struct ActiveSubscriber: Sendable, Hashable {
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
    private var subscribers: [String: ActiveSubscriber] = [:]

    func add(_ subscriber: ActiveSubscriber) {
        self.subscribers[subscriber.id] = subscriber
    }

    func remove(_ subscriber: ActiveSubscriber) {
        self.subscribers[subscriber.id] = nil
    }

    /// Those that a path speaks of.
    func matching(_ path: SubscriptionPath) -> [ActiveSubscriber] {
        if let id = path.subscriber {
            guard let subscriber = self.subscribers[id] else { return [] }
            return subscriber.topics.contains { $0.utf8.elementsEqual(path.topic?.utf8 ?? "".utf8) } ? [subscriber] : []
        }
        guard let topic = path.topic else { return Array(self.subscribers.values) }
        return self.subscribers.values.filter { $0.topics.contains { $0.utf8.elementsEqual(topic.utf8) } }
    }
}
