import Logging
import Martlet
import NIOCore

/// A line for the logger about each stream that has closed.
///
/// Written by a task and not on event loops, which a slow terminal or a full pipe would stop. What comes faster than it can
/// be written is left out.
final class StreamJournal: Sendable {
    /// More lines than these don't wait.
    private static let maxWaiting = 10_000

    private let records: AsyncStream<(stream: Shard.Stream, end: StreamEnd)>
    private let incoming: AsyncStream<(stream: Shard.Stream, end: StreamEnd)>.Continuation

    init() {
        (self.records, self.incoming) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.maxWaiting))
    }

    /// Notes that a stream has closed; from any thread.
    func note(_ stream: Shard.Stream, _ end: StreamEnd) {
        self.incoming.yield((stream, end))
    }

    /// Writes until the task is cancelled.
    func run(_ logger: Logger) async {
        for await (stream, end) in self.records {
            logger.info(
                "Stream closed",
                metadata: [
                    "address": "\(stream.peer.address)",
                    "version": "\(stream.peer.version)",
                    "reason": "\(end.name)",
                    "seconds": "\(Double(stream.age.nanoseconds / 1_000_000) / 1000)",
                    "selectors": .array(stream.selectors.prefix(10).map { .string($0) }),
                ]
            )
        }
    }
}
