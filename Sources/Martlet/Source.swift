/// Watches something outside and publishes what changed.
///
/// Conform a type of your own to have a hub watch what Martlet knows nothing of:
///
/// ```swift
/// struct Doorbell: Source {
///     let name = "doorbell"
///     let rings: AsyncStream<String>
///
///     func run(publishingTo hub: Hub) async throws {
///         for await ring in rings {
///             do {
///                 try await hub.publish(Update(topic: "door", data: ring))
///             } catch {
///                 print("Nobody hears of \(ring): \(error)")
///             }
///         }
///     }
/// }
///
/// let hub = Hub(log: MemoryLog(), eventLoopGroup: group, sources: [Doorbell(rings: rings)])
/// ```
///
/// A source whose topics are its own says so with ``owned``: then nobody else publishes to them, and it can tell which of
/// them somebody looks at.
public protocol Source: Sendable {
    /// What the source is called in the configuration, in logs and in metrics.
    var name: String { get }

    /// The topics that are the source's own, or nil if it publishes to topics that others publish to as well.
    var owned: OwnedTopics? { get }

    /// Watches until the task is cancelled.
    ///
    /// A source lives through failures of what it watches and of the log: it reports them and tries again. What it throws
    /// all the same ends the hub that runs it, see ``Hub/run()``.
    func run(publishingTo hub: Hub) async throws
}

extension Source {
    /// None.
    public var owned: OwnedTopics? { nil }
}
