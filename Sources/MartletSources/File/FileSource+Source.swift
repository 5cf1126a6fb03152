public import Martlet

extension FileSource: Source {
    /// How long to wait before the log is asked again, or offered again what it did not take.
    private static var retryDelay: Duration { .seconds(1) }

    /// Publishes each new line until the task is cancelled.
    ///
    /// Lines that the log can't take are kept and offered again; meanwhile nothing more of the files is read.
    ///
    /// - Throws: `CancellationError`.
    public func run(publishingTo hub: Hub) async throws {
        let before = try await self.lastRun(in: hub)
        try await self.follow(resuming: before, publishingTo: hub) { items in
            try await self.marks(of: items, in: hub)
        } deliver: { batch, run in
            let updates = batch.lines.compactMap {
                // A line is text without the limits that an update has.
                try? Update(topic: $0.topic, data: $0.text, isPrivate: !self.topics.isPublic)
            }
            let marks = batch.marks.values.map { Bookmark(of: self.name, item: $0.item, value: $0.text) }
            let bookmarks = [Bookmark(of: self.name, value: run.text)] + marks
            let (_, hasFailed) = try await self.retrying("publish") {
                try await hub.publish(updates, bookmarks: bookmarks)
            }
            self.monitor.count { $0.updates += updates.count }
            return hasFailed
        }
    }

    /// What was noted of the last run, if that was for the same files.
    private func lastRun(in hub: Hub) async throws -> FileRun? {
        let text = try await self.retrying("read from the log where it was") {
            try await hub.bookmark(of: self.name)
        }.result
        guard let text else { return nil }
        guard let run = FileRun(text: text) else {
            self.monitor.fails("cannot read what was noted of its last run; it begins anew")
            return nil
        }
        return run.path == self.pattern.description ? run : nil
    }

    private func marks(of items: [String], in hub: Hub) async throws -> [String: FileMark] {
        try await self.retrying("read from the log where it was") {
            var marks: [String: FileMark] = [:]
            for item in items {
                guard let text = try await hub.bookmark(of: self.name, item: item) else { continue }
                if let mark = FileMark(item: item, text: text) {
                    marks[item] = mark
                } else {
                    self.monitor.fails("cannot read the place noted for \(item); that file is read from its start")
                }
            }
            return marks
        }.result
    }

    /// Tries again and again, and says when that begins and ends. Throws only when the task is cancelled.
    private func retrying<Result>(
        _ what: String,
        _ body: () async throws -> Result
    ) async throws -> (result: Result, hasFailed: Bool) {
        var hasFailed = false
        while true {
            do {
                let result = try await body()
                if hasFailed { self.monitor.works() }
                return (result, hasFailed)
            } catch {
                hasFailed = true
                self.monitor.fails("cannot \(what): \(error)")
                try await self.clock.sleep(for: Self.retryDelay)
            }
        }
    }
}
