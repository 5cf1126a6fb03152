import Logging
import Martlet
import Subprocess

extension CommandSource {
    /// As many lines are published together, or as many bytes and the line that passes them.
    private static var maxBatchLines: Int { 512 }
    private static var maxBatchBytes: Int { 256 << 10 }
    /// How long to wait before lines that the log did not take are offered again.
    private static var retryDelay: Duration { .seconds(1) }

    /// Publishes the lines of the program's output until that ends or the task is cancelled. Nothing is read while lines
    /// wait to be published.
    func publish(_ output: SubprocessOutputSequence, to hub: Hub) async {
        var splitter = FileLineSplitter(limit: self.options.lineLimit)
        var buffers = output.makeAsyncIterator()
        // A pipe that can't be read is as good as ended: the program will find that it is.
        while !Task.isCancelled, let buffer = try? await buffers.next() {
            var lines: [String] = []
            buffer.withUnsafeBytes { bytes in splitter.push(bytes) { lines.append($0) } }
            await self.publish(lines[...], to: hub)
        }
        if let line = splitter.flushPartial() { await self.publish([line], to: hub) }
    }

    private func publish(_ lines: ArraySlice<String>, to hub: Hub) async {
        var rest = lines
        while !rest.isEmpty, !Task.isCancelled {
            var bytes = 0
            let batch = rest.prefix(Self.maxBatchLines).prefix { line in
                defer { bytes += line.utf8.count }
                return bytes < Self.maxBatchBytes
            }
            rest = rest[batch.endIndex...]
            // A line is text without limits that an update has.
            let updates = batch.compactMap {
                try? Update(topic: self.topic, data: $0, isPrivate: !self.topics.isPublic)
            }
            await self.publish(updates, to: hub)
        }
    }

    /// Publishes a batch, if need be again and again.
    private func publish(_ updates: [Update], to hub: Hub) async {
        var isFailing = false
        while !Task.isCancelled {
            do {
                try await hub.publish(updates)
                self.monitor.count { $0.updates += updates.count }
                if isFailing { self.monitor.works() }
                return
            } catch {
                isFailing = true
                self.monitor.fails("cannot publish: \(error)")
                try? await self.clock.sleep(for: Self.retryDelay)
            }
        }
    }

    /// Tells the logger what the program says on its standard error.
    func log(_ errors: SubprocessOutputSequence) async {
        var lines = ErrorLines(start: self.clock.now)
        var buffers = errors.makeAsyncIterator()
        func tell(_ texts: [String]) {
            for text in texts { self.logger.info("\(self.options.arguments[0]): \(text)") }
        }
        while !Task.isCancelled, let buffer = try? await buffers.next() {
            tell(buffer.withUnsafeBytes { lines.take($0, now: self.clock.now) })
        }
        tell(lines.finish())
    }
}
