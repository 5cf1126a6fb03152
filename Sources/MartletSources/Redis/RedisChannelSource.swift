package import Martlet
package import MartletRedis
import NIOCore

/// Publishes what others publish to channels of Redis, while somebody looks: each message becomes an update.
///
/// ```yaml
/// chat: { kind: redis-channel, redis: "redis://127.0.0.1", channel: "chat:{room}", topic: "rooms/{room}" }
/// ```
///
/// A pattern is subscribed to if the channel has variables (PSUBSCRIBE), and what a channel has for them is put into the
/// topic. Redis keeps nothing for those who are away, so what is published while nobody looks, or while there is no
/// connection, is not published here.
///
/// All of it is one task and its children, the one that runs it.
package struct RedisChannelSource<C: Clock>: Source where C.Duration == Duration {
    package var name: String { self.topics.owner }
    package var owned: OwnedTopics? { self.topics }
    private let topics: OwnedTopics
    private let client: RedisClient
    private let channel: RedisKeyTemplate
    private let expansion: URITemplateExpansion?
    private let linger: Duration
    private let monitor: SourceMonitor
    private let clock: C

    /// Messages that are published together, and at most wait for that; then no more are read.
    private static var maxWaiting: Int { 512 }
    private static var retryDelay: Duration { .seconds(1) }

    /// Makes a source; it connects when somebody looks.
    ///
    /// - Parameters:
    ///   - topics: where messages are published, watched as one. The variables of its template are the channel's.
    package init(
        topics: OwnedTopics,
        client: RedisClient,
        channel: RedisKeyTemplate,
        linger: Duration,
        monitor: SourceMonitor,
        clock: C
    ) {
        self.topics = topics
        self.client = client
        self.channel = channel
        self.expansion = topics.selector.template.map(URITemplateExpansion.init)
        self.linger = linger
        self.monitor = monitor
        self.clock = clock
    }

    package func run(publishingTo hub: Hub) async throws {
        await OnDemand(topics: self.topics, linger: self.linger, monitor: self.monitor, clock: self.clock).run {
            let queue = UpdateQueue(capacity: Self.maxWaiting)
            await withTaskGroup { group in
                group.addTask { await self.publish(queue, to: hub) }
                await self.receive(queue, for: hub)
                group.cancelAll()
            }
        }
    }

    private func receive(_ queue: UpdateQueue, for hub: Hub) async {
        let hasVariables = !self.channel.variables.isEmpty
        let subscription = self.client.subscribe(
            patterns: hasVariables ? [self.channel.pattern] : [],
            channels: hasVariables ? [] : [self.channel.key([:])]
        )
        for await event in subscription {
            switch event {
            case .subscribed: self.monitor.works()
            case .interrupted(let error): self.monitor.fails(error.message)
            case .message(let message):
                do throws(UpdateError) {
                    guard let update = try self.update(of: message) else { continue }
                    // It may be private there, and not here.
                    if let other = hub.owner(of: update.topics[0]), other != self.name {
                        self.monitor.fails(
                            "a message of \(String(buffer: message.channel)) is not published: its topic belongs to "
                                + "the source \"\(other)\""
                        )
                        continue
                    }
                    await queue.add(update)
                } catch {
                    self.monitor.fails(
                        "a message of \(String(buffer: message.channel)) can't be published: \(error.message)"
                    )
                }
            }
        }
    }

    /// The update of a message; nil if it comes from a channel that only the pattern, which knows no variables, takes for
    /// one of these.
    private func update(of message: RedisMessage) throws(UpdateError) -> Update? {
        let topic: Topic
        if let expansion = self.expansion {
            guard let values = self.channel.values(in: String(buffer: message.channel)) else { return nil }
            topic = try Topic(expansion.text(with: values))
        } else if let exact = self.topics.selector.exactTopic {
            topic = exact
        } else {
            return nil
        }
        return try Update(topic: topic, data: String(buffer: message.payload), isPrivate: !self.topics.isPublic)
    }

    private func publish(_ queue: UpdateQueue, to hub: Hub) async {
        while !Task.isCancelled {
            let updates = await queue.take()
            while !Task.isCancelled, !updates.isEmpty {
                do throws(PublishError) {
                    try await hub.publish(updates)
                    self.monitor.count { $0.updates += updates.count }
                    self.monitor.works()
                    break
                } catch {
                    self.monitor.fails("cannot publish: \(error)")
                    try? await self.clock.sleep(for: Self.retryDelay)
                }
            }
        }
    }
}
