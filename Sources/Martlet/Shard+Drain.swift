import NIOCore
import ServerSentEvents

/// Ending all streams without sending all clients to the next server at the same moment.
extension Shard {
    private static let drainWaves = 20

    /// Ends every stream within `duration`, in waves, each with a reconnection time of its own.
    ///
    /// Nobody is told to come back before all are ended and a second has passed: a server that still drains would refuse
    /// it, and an `EventSource` that is refused gives up for good (WHATWG HTML 9.2.3). The last is told to come back
    /// `duration` after the first.
    func drain(over duration: TimeAmount) {
        self.eventLoop.preconditionInEventLoop()
        guard !self.isDraining else { return }
        self.isDraining = true
        let streams = self.slices.joined().shuffled()
        let waves = min(Shard.drainWaves, max(1, streams.count))
        let spread = Int(duration.nanoseconds / 1_000_000)
        let bound = NIOLoopBound((shard: self, streams: streams), eventLoop: self.eventLoop)
        for wave in 0..<waves {
            self.eventLoop.scheduleTask(in: duration * wave / waves) {
                let (shard, streams) = bound.value
                for subscriber in streams[streams.count * wave / waves..<streams.count * (wave + 1) / waves] {
                    if subscriber.isOver { continue }
                    let retry = spread - spread * wave / waves + 1000 + (spread > 0 ? Int.random(in: 0...spread) : 0)
                    subscriber.ending = .drain
                    shard.end(subscriber, with: Frame(bytes: Array("retry: \(retry)\n\n".utf8)))
                }
            }
        }
    }
}

extension TimeAmount {
    fileprivate static func / (amount: TimeAmount, divisor: Int) -> TimeAmount {
        .nanoseconds(amount.nanoseconds / Int64(divisor))
    }
}
