extension FileSource {
    /// Delivers the new lines of the file, in order, until the task is cancelled; then returns with everything closed.
    ///
    /// Each batch (at most 512 lines, or 256 KiB and the line that passes it) is awaited before more is read: whoever
    /// takes the lines sets the pace, and memory stays flat however much was appended. What `deliver` throws ends this.
    ///
    /// The reads block, but each is of at most 64 KiB, of bytes just written and so in the page cache, and there are at
    /// most sixteen between two suspensions: less than a hop to a thread of its own would cost. They never run on the
    /// executor of the caller, which may be an event loop.
    @concurrent
    package func follow(deliver: @Sendable ([String]) async throws -> Void) async throws {
        let follower = FileFollower(
            path: path,
            lineLimit: options.lineLimit,
            grace: options.grace,
            report: report
        )
        defer { follower.close() }
        let start = clock.now
        while !Task.isCancelled {
            let batch = follower.nextBatch(now: start.duration(to: clock.now))
            if !batch.lines.isEmpty { try await deliver(batch.lines) }
            if batch.hasMore {
                await Task.yield()
            } else {
                // Throws only when the task is cancelled, which the loop sees.
                try? await clock.sleep(for: options.interval)
            }
        }
    }
}
