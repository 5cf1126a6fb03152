import Foundation
import Martlet
import Testing

@testable import MartletServer

@Suite("What is said of active subscriptions")
struct SubscriptionDocumentTests {
    static let root = "/.well-known/mercure/subscriptions"

    /// A subscriber's id as it stands in a path.
    static func encoded(_ subscriber: ActiveSubscriber) -> String {
        subscriber.id.replacing(":", with: "%3A")
    }

    @Test func `Each subscriber has a random UUID of version 4 for an id`() throws {
        let ids = (1...100).map { _ in ActiveSubscriber(topics: ["a"], payload: nil).id }
        #expect(Set(ids).count == 100)
        let form = try Regex("urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        for id in ids { #expect(try form.wholeMatch(in: id) != nil) }
    }

    @Test func `A subscription`() {
        let subscriber = ActiveSubscriber(topics: ["books/{id}"], payload: nil)
        let id = "\(Self.root)/books%2F%7Bid%7D/\(Self.encoded(subscriber))"
        #expect(
            SubscriptionDocument.one(subscriber, topic: "books/{id}")
                == #"{"@context":"https://mercure.rocks/","id":"\#(id)","type":"Subscription","#
                + #""subscriber":"\#(subscriber.id)","topic":"books/{id}","active":true}"#
        )
        #expect(
            SubscriptionDocument.one(subscriber, topic: "books/{id}", isActive: false, isNested: true)
                == #"{"id":"\#(id)","type":"Subscription","#
                + #""subscriber":"\#(subscriber.id)","topic":"books/{id}","active":false}"#
        )
    }

    @Test func `A subscription with a payload, which stands there as it is`() {
        let payload = #"{"user":"zoë","n":12345678901234567890,"list":[null,true,"\""]}"#
        let subscriber = ActiveSubscriber(topics: ["a"], payload: payload)
        #expect(
            SubscriptionDocument.one(subscriber, topic: "a", isNested: true)
                == #"{"id":"\#(Self.root)/a/\#(Self.encoded(subscriber))","type":"Subscription","#
                + #""subscriber":"\#(subscriber.id)","topic":"a","active":true,"payload":\#(payload)}"#
        )
    }

    @Test(arguments: ["\"", "\\", "a\"}],{\"", "\t", "\u{1}", "é☃", "</script>", "\u{2028}", "{\"a\":1}"])
    func `Whatever the topic holds, it is one JSON text with that topic`(_ topic: String) throws {
        struct One: Decodable {
            var id: String
            var topic: String
            var subscriber: String
            var active: Bool
        }
        struct All: Decodable {
            var id: String
            var lastEventID: String
            var subscriptions: [One]
        }
        let subscriber = ActiveSubscriber(topics: [topic], payload: nil)
        let text = SubscriptionDocument.one(subscriber, topic: topic)
        let one = try JSONDecoder().decode(One.self, from: Data(text.utf8))
        #expect(one.topic == topic)
        #expect(one.subscriber == subscriber.id)
        #expect(one.id == SubscriptionPath(topic: topic, subscriber: subscriber.id).text)
        let list = SubscriptionDocument.collection(
            [subscriber],
            path: SubscriptionPath(topic: topic),
            lastEventID: "an \"id\""
        )
        let all = try JSONDecoder().decode(All.self, from: Data(list.utf8))
        #expect(all.id == SubscriptionPath(topic: topic).text)
        #expect(all.lastEventID == "an \"id\"")
        #expect(all.subscriptions.map(\.id) == [one.id])
    }

    @Test func `The empty list`() {
        #expect(
            SubscriptionDocument.collection([], path: SubscriptionPath(), lastEventID: "earliest")
                == #"{"@context":"https://mercure.rocks/","id":"\#(Self.root)","type":"Subscriptions","#
                + #""lastEventID":"earliest","subscriptions":[]}"#
        )
    }

    @Test func `A list of all is in one order, and each topic is a subscription of its own`() {
        let subscribers = [
            ActiveSubscriber(topics: ["b", "a"], payload: "1"), ActiveSubscriber(topics: ["c"], payload: nil),
            ActiveSubscriber(topics: ["a"], payload: nil),
        ]
        let items = subscribers.sorted { $0.id < $1.id }.flatMap { subscriber in
            subscriber.topics.map { SubscriptionDocument.one(subscriber, topic: $0, isNested: true) }
        }
        let expected =
            #"{"@context":"https://mercure.rocks/","id":"\#(Self.root)","type":"Subscriptions","#
            + #""lastEventID":"test-7","subscriptions":[\#(items.joined(separator: ","))]}"#
        for order in [subscribers, subscribers.reversed(), [subscribers[1], subscribers[2], subscribers[0]]] {
            #expect(
                SubscriptionDocument.collection(order, path: SubscriptionPath(), lastEventID: "test-7") == expected
            )
        }
    }

    @Test func `A list of one topic leaves the others out`() {
        let subscriber = ActiveSubscriber(topics: ["a", "b/c"], payload: nil)
        let item = SubscriptionDocument.one(subscriber, topic: "b/c", isNested: true)
        #expect(
            SubscriptionDocument.collection([subscriber], path: SubscriptionPath(topic: "b/c"), lastEventID: "test-1")
                == #"{"@context":"https://mercure.rocks/","id":"\#(Self.root)/b%2Fc","type":"Subscriptions","#
                + #""lastEventID":"test-1","subscriptions":[\#(item)]}"#
        )
    }

    @Test(arguments: [true, false])
    func `Coming and going is told by a private update for each topic`(_ isActive: Bool) {
        let topics = ["a", String(repeating: "{x}☃", count: 150)]
        let subscriber = ActiveSubscriber(topics: topics, payload: "{}")
        let updates = SubscriptionDocument.updates(subscriber, isActive: isActive)
        #expect(updates.count == 2)
        for (topic, update) in zip(topics, updates) {
            let path = SubscriptionPath(topic: topic, subscriber: subscriber.id)
            #expect(update.topics.map(\.name) == [path.text])
            #expect(update.data == SubscriptionDocument.one(subscriber, topic: topic, isActive: isActive))
            #expect(update.isPrivate)
            #expect(update.id == nil && update.type == nil && update.retry == nil)
        }
    }
}

@Suite("The list of active subscribers")
struct ActiveSubscriptionsTests {
    static func ids(_ subscriptions: ActiveSubscriptions, _ topic: String? = nil, _ subscriber: String? = nil) -> Set<
        String
    > {
        Set(subscriptions.matching(SubscriptionPath(topic: topic, subscriber: subscriber)).map(\.id))
    }

    @Test func `They are found by topic and by id, in their own words and byte for byte`() {
        let subscriptions = ActiveSubscriptions()
        let one = ActiveSubscriber(topics: ["a", "books/{id}", "*"], payload: nil)
        let other = ActiveSubscriber(topics: ["a", "é"], payload: nil)
        subscriptions.add(one)
        subscriptions.add(other)
        #expect(Self.ids(subscriptions) == [one.id, other.id])
        #expect(Self.ids(subscriptions, "a") == [one.id, other.id])
        #expect(Self.ids(subscriptions, "books/{id}") == [one.id])
        #expect(Self.ids(subscriptions, "*") == [one.id])
        #expect(Self.ids(subscriptions, "books/1") == [])
        #expect(Self.ids(subscriptions, "é") == [other.id])
        #expect(Self.ids(subscriptions, "e\u{301}") == [])
        #expect(Self.ids(subscriptions, "a", one.id) == [one.id])
        #expect(Self.ids(subscriptions, "é", one.id) == [])
        #expect(Self.ids(subscriptions, "e\u{301}", other.id) == [])
        #expect(Self.ids(subscriptions, "a", "urn:uuid:0") == [])
        #expect(Self.ids(subscriptions, "a", "") == [])
    }

    @Test func `Whoever has gone is not listed`() {
        let subscriptions = ActiveSubscriptions()
        let one = ActiveSubscriber(topics: ["a"], payload: nil)
        let other = ActiveSubscriber(topics: ["a"], payload: nil)
        subscriptions.add(one)
        subscriptions.add(other)
        subscriptions.remove(one)
        subscriptions.remove(one)
        #expect(Self.ids(subscriptions, "a") == [other.id])
        #expect(Self.ids(subscriptions, "a", one.id) == [])
        subscriptions.remove(other)
        #expect(Self.ids(subscriptions) == [])
    }
}
