public import Martlet

extension FileSource: Source {
    /// How long to wait before lines that the log did not take are offered again.
    private static var retryDelay: Duration { .seconds(1) }

    /// Publishes each new line until the task is cancelled.
    ///
    /// Lines that the log can't take are kept and offered again; meanwhile nothing more of the file is read.
    public func run(publishingTo hub: Hub) async throws {
        let topic = try Topic(self.topic)
        try await self.follow { lines in
            let updates = try lines.map { try Update(topic: topic, data: $0, isPrivate: !self.isPublic) }
            var isFailing = false
            while true {
                do {
                    try await hub.publish(updates)
                    if isFailing { self.report("The lines of \(self.path) are published again.") }
                    return
                } catch {
                    if !isFailing { self.report("The lines of \(self.path) cannot be published: \(error)") }
                    isFailing = true
                    try await self.clock.sleep(for: Self.retryDelay)
                }
            }
        }
    }
}
