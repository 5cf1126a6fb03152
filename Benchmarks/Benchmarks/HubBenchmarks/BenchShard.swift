import NIOCore
import NIOEmbedded
import ServerSentEvents

@testable import Martlet

/// A shard on an event loop that runs on the benchmark's own thread, and updates to dispatch.
struct BenchShard {
    let eventLoop = EmbeddedEventLoop()
    let shard: Shard
    private let log = MemoryLog()
    private var sequence: SequenceNumber = 0

    init() {
        self.shard = Shard(
            eventLoop: self.eventLoop,
            head: 0,
            epoch: self.log.epoch,
            settings: Hub.Settings(),
            history: History(log: self.log),
            ownership: Ownership([])
        )
    }

    /// The next update of a topic, of 120 bytes, encoded.
    mutating func entry(_ topic: Topic) throws -> Entry {
        self.sequence += 1
        let update = try Update(topic: topic, data: String(repeating: "x", count: 120))
        return Entry(LogEntry(position: Position(epoch: self.log.epoch, sequence: self.sequence), update: update))
    }

    /// So many subscribers with the same selector, or each with one of its own.
    func join(_ count: Int, _ selector: (Int) throws -> Selector) rethrows {
        for number in 0..<count {
            _ = self.shard.join(Interest(selectors: [try selector(number)]), from: .newcomer, outlet: CountingOutlet())
        }
    }
}
