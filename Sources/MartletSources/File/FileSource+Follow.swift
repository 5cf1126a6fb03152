import Martlet

extension FileSource {
    /// Delivers the new lines of the files, those of each in order, until the task is cancelled; then returns with
    /// everything closed.
    ///
    /// Each batch (at most 512 lines, or 256 KiB and the line that passes it) is awaited before more is read: whoever
    /// takes the lines sets the pace, and memory stays flat however much was appended. What `deliver` or `recall` throws
    /// ends this.
    ///
    /// The reads block, but each is of at most 64 KiB, of bytes just written and so in the page cache, and there are at
    /// most sixteen between two suspensions: less than a hop to a thread of its own would cost. They never run on the
    /// executor of the caller, which may be an event loop.
    ///
    /// - Parameters:
    ///   - before: what was noted of the source's last run, if it has run.
    ///   - hub: knows which topics belong to other sources, whose files are not followed.
    ///   - recall: answers what was marked of items, those that have a mark.
    ///   - deliver: takes the first batch, and then those that hold anything, each with what to note of this run.
    ///     Answers whether it had to say of something that it fails, and that it works again.
    @concurrent
    func follow(
        resuming before: FileRun?,
        publishingTo hub: Hub? = nil,
        recall: @Sendable ([String]) async throws -> [String: FileMark],
        deliver: @Sendable (FileBatch, _ run: FileRun) async throws -> Bool
    ) async throws {
        let (name, monitor) = (self.name, self.monitor)
        let follower = FileFollower(
            pattern: pattern,
            topics: fileTopics,
            beginning: before.map { .resuming($0) } ?? .atEnd(backlog: topics.backlog),
            lineLimit: options.lineLimit,
            grace: options.grace,
            otherOwner: { topic in
                guard let owner = hub?.owner(of: topic), owner != name else { return nil }
                return owner
            }
        ) { problem in
            if let problem { monitor.fails(problem) } else { monitor.works() }
        }
        defer {
            follower.close()
            monitor.count { $0.watches = 0 }
        }
        let start = clock.now
        var run = before ?? FileRun(path: pattern.description, seen: .beforeNow())
        var isFirst = true
        var openFiles = 0
        while !Task.isCancelled {
            let batch = follower.nextBatch(now: start.duration(to: clock.now))
            if !batch.wanted.isEmpty {
                follower.recall(try await recall(batch.wanted))
                continue
            }
            if follower.openFiles != openFiles {
                openFiles = follower.openFiles
                monitor.count { [openFiles] in $0.watches = openFiles }
            }
            if isFirst || !batch.lines.isEmpty || !batch.marks.isEmpty {
                run.note(batch.marks.values)
                if try await deliver(batch, run) { follower.troubles.sayAgain() }
                isFirst = false
            }
            if batch.hasMore {
                await Task.yield()
            } else {
                // Throws only when the task is cancelled, which the loop sees.
                try? await clock.sleep(for: options.interval)
            }
        }
    }
}
