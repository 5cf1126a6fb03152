package import NIOCore

/// The messages of channels, from a connection of its own that is made anew when it is lost.
///
/// A description, not a connection: each iterator connects with its first `next()`, in the task that iterates, and closes the
/// connection when it goes. A reader who is slow to ask for the next event stops the reading of the socket, so memory
/// stays flat; Redis closes the connection of a subscriber that stays behind for long (`client-output-buffer-limit`).
///
/// Redis keeps nothing for a subscriber who is away. So a reader who mirrors a state reads that state at each
/// ``Event/subscribed``: what is published from then on comes.
///
/// ```swift
/// for await event in client.subscribe(patterns: ["news.*"]) {
///     switch event {
///     case .subscribed: try await readEverything()
///     case .message(let message): show(message.channel, message.payload)
///     case .interrupted(let error): log(error)
///     }
/// }
/// ```
///
/// It ends only when the task is cancelled, and ``RedisClient/close()`` doesn't end it.
package struct RedisSubscription: AsyncSequence, Sendable {
    /// A message, or what happened to the stream of them.
    package enum Event: Sendable, Hashable {
        /// All channels and patterns are subscribed to, for the first time or again.
        case subscribed
        /// Somebody published.
        case message(RedisMessage)
        /// There is no connection, or none any more: from here to the next ``subscribed`` messages are missed. Comes for each
        /// failed attempt.
        case interrupted(RedisError)
    }

    /// What a reader gets.
    package typealias Element = Event
    /// Failures are events.
    package typealias Failure = Never

    let patterns: [String]
    let channels: [String]
    let configuration: RedisClient.Configuration
    let eventLoopGroup: any EventLoopGroup
    let timing: Timing

    /// Begins for one reader.
    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(self)
    }
}

/// What somebody published.
package struct RedisMessage: Sendable, Hashable {
    /// The channel it was published to.
    package var channel: ByteBuffer
    /// The pattern by which it came; `nil` if by the channel's name.
    package var pattern: ByteBuffer?
    /// What was published.
    package var payload: ByteBuffer

    package init(channel: ByteBuffer, pattern: ByteBuffer?, payload: ByteBuffer) {
        self.channel = channel
        self.pattern = pattern
        self.payload = payload
    }
}

extension RedisClient {
    /// Subscribes to channels by name and by glob-style pattern, on a connection of its own.
    ///
    /// A message that comes by a channel and two patterns comes three times, as Redis has it.
    package func subscribe(patterns: [String] = [], channels: [String] = []) -> RedisSubscription {
        RedisSubscription(
            patterns: patterns,
            channels: channels,
            configuration: self.configuration,
            eventLoopGroup: self.eventLoopGroup,
            timing: self.timing
        )
    }
}
