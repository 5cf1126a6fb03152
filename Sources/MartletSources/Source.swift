public import Martlet

/// Watches something outside and publishes what changed.
///
/// ```swift
/// struct Doorbell: Source {
///     let name = "doorbell"
///     func run(publishingTo hub: Hub) async throws {
///         for await ring in rings {
///             try await hub.publish([Update(topic: Topic("door"), data: ring)])
///         }
///     }
/// }
/// ```
public protocol Source: Sendable {
    /// What the source is called in the configuration, in logs and in metrics.
    var name: String { get }

    /// Watches until the task is cancelled.
    ///
    /// A source lives through failures of what it watches and of the log: it reports them and tries again.
    func run(publishingTo hub: Hub) async throws
}
