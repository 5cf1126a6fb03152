import Martlet

extension PolledSource {
    /// What is to be published of what was asked for.
    private struct Catch {
        var updates: [Update] = []
        var bookmarks: [Bookmark] = []
        /// What to note once it is published.
        var published: [Watch] = []
        var values: [(topic: Topic, value: String)] = []
        var problem: SourceProblem?
        var isComplete = true

        mutating func note(_ failure: SourceProblem) {
            if failure.code == .unavailable { self.isComplete = false }
            self.problem = self.problem ?? failure
        }
    }

    /// Asks for watches, and publishes what is new; false if something is to be asked for again before its time.
    func ask(_ due: [Watch], _ table: inout WatchTable<C.Instant>, _ hub: Hub) async -> Bool {
        var caught = Catch()
        switch self.asking {
        case .values(let sampler): await self.sample(due, sampler, &table, &caught)
        case .items(let reader): await self.read(due, reader, &table, hub, &caught)
        }
        self.monitor.count { $0.ticks += 1 }
        await self.publish(&caught, &table, hub)
        if let problem = caught.problem?.message ?? self.wakes.problem {
            self.monitor.fails(problem)
        } else if !table.isFailing {
            self.monitor.works()
        }
        return caught.isComplete
    }

    private func sample(
        _ due: [Watch],
        _ sampler: any Sampler,
        _ table: inout WatchTable<C.Instant>,
        _ caught: inout Catch
    ) async {
        for (watch, result) in zip(due, await sampler.sample(due)) {
            switch result {
            case .success(let value):
                table.noteAsked(watch.topic)
                guard self.options.emitsAlways || table.hasChanged(watch.topic, to: value) else { continue }
                guard let update = self.update(watch.topic, value) else { continue }
                caught.updates.append(update)
                caught.values.append((watch.topic, value))
            case .failure(let failure):
                table.noteAsked(watch.topic, failed: failure.code)
                caught.note(failure)
            }
        }
    }

    private func read(
        _ due: [Watch],
        _ reader: any ItemReader,
        _ table: inout WatchTable<C.Instant>,
        _ hub: Hub,
        _ caught: inout Catch
    ) async {
        for topic in table.beginners {
            do throws(LogError) {
                table.begin(topic, at: try await hub.bookmark(of: self.name, item: topic.name))
            } catch {
                table.noteAsked(topic, failed: .unavailable)
                caught.note(SourceProblem(.unavailable, "cannot read the bookmark of \(topic.name): \(error.message)"))
            }
        }
        let watches = due.compactMap { table.beginners.contains($0.topic) ? nil : table.entries[$0.topic]?.watch }
        if watches.isEmpty { return }
        for (watch, result) in zip(watches, await reader.read(watches)) {
            switch result {
            case .success(let items):
                table.noteAsked(watch.topic, hasMore: items.hasMore)
                caught.updates += items.data.compactMap { self.update(watch.topic, $0) }
                guard let bookmark = items.bookmark else { continue }
                guard items.isKept else {
                    table.notePublished(watch.topic, bookmark: bookmark)
                    continue
                }
                caught.bookmarks.append(Bookmark(of: self.name, item: watch.topic.name, value: bookmark))
                var watch = watch
                watch.bookmark = bookmark
                caught.published.append(watch)
            case .failure(let failure):
                table.noteAsked(watch.topic, failed: failure.code)
                caught.note(failure)
            }
        }
    }

    /// What a topic can be, a watch's topic is; an update of it has nothing that could be refused.
    private func update(_ topic: Topic, _ data: String) -> Update? {
        try? Update(topic: topic, data: data, isPrivate: !self.topics.isPublic)
    }

    private func publish(_ caught: inout Catch, _ table: inout WatchTable<C.Instant>, _ hub: Hub) async {
        if caught.updates.isEmpty, caught.bookmarks.isEmpty { return }
        do throws(PublishError) {
            try await hub.publish(caught.updates, bookmarks: caught.bookmarks)
            for (topic, value) in caught.values { table.notePublished(topic, value) }
            for watch in caught.published {
                if let bookmark = watch.bookmark { table.notePublished(watch.topic, bookmark: bookmark) }
            }
            let count = caught.updates.count
            self.monitor.count { $0.updates += count }
        } catch {
            // They are still what is new.
            caught.note(SourceProblem(.unavailable, "cannot publish: \(error)"))
            for update in caught.updates { table.noteAsked(update.topics[0], failed: .unavailable) }
            for watch in caught.published { table.noteAsked(watch.topic, failed: .unavailable) }
        }
    }
}
