import Martlet

/// The JSON-LD of the subscriptions API and of its updates.
enum SubscriptionDocument {
    static let mediaType = "application/ld+json"
    private static let context = "\"@context\":\"https://mercure.rocks/\""

    /// One subscription.
    ///
    /// - Parameter isNested: whether it stands in a collection, which has the context for all.
    static func one(
        _ subscriber: ActiveSubscriber,
        topic: String,
        isActive: Bool = true,
        isNested: Bool = false
    ) -> String {
        let path = SubscriptionPath(topic: topic, subscriber: subscriber.id).text
        return "{" + (isNested ? "" : self.context + ",")
            + "\"id\":\(JSONText.quoted(path)),\"type\":\"Subscription\","
            + "\"subscriber\":\(JSONText.quoted(subscriber.id)),\"topic\":\(JSONText.quoted(topic)),"
            + "\"active\":\(isActive)" + (subscriber.payload.map { ",\"payload\":\($0)" } ?? "") + "}"
    }

    /// All that a path speaks of.
    static func collection(_ subscribers: [ActiveSubscriber], path: SubscriptionPath, lastEventID: String) -> String {
        // In one order, whichever event loop answered first.
        let items = subscribers.sorted { $0.id < $1.id }.flatMap { subscriber in
            subscriber.topics.filter { topic in path.topic.map { $0.utf8.elementsEqual(topic.utf8) } ?? true }
                .map { self.one(subscriber, topic: $0, isNested: true) }
        }
        return "{\(self.context),\"id\":\(JSONText.quoted(path.text)),\"type\":\"Subscriptions\","
            + "\"lastEventID\":\(JSONText.quoted(lastEventID)),\"subscriptions\":[\(items.joined(separator: ","))]}"
    }

    /// What is published when a subscriber has come or gone: a private update for each of its topics.
    static func updates(_ subscriber: ActiveSubscriber, isActive: Bool) -> [Update] {
        subscriber.topics.map { topic in
            Update(
                // A topic of the hub's own, which may be longer than what publishers may use: it holds one, encoded.
                uncheckedTopics: [
                    Topic(unchecked: SubscriptionPath(topic: topic, subscriber: subscriber.id).text)
                ],
                data: self.one(subscriber, topic: topic, isActive: isActive),
                id: nil,
                type: nil,
                retry: nil,
                isPrivate: true
            )
        }
    }
}
