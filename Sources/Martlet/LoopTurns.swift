import NIOCore

/// Shares an event loop between its sockets and what may go on for long. Confined to the loop; owned by its ``Shard``.
///
/// NIO runs tasks that follow each other, and timers that have become due meanwhile, before it looks at sockets again. So
/// whatever finds more to do whenever it is done has to pause with a timer after a stretch. All of it pauses together:
/// two that pause by themselves would take turns, with no socket in between.
final class LoopTurns {
    private static let stretch: TimeAmount = .milliseconds(5)
    private static let pause: TimeAmount = .microseconds(200)
    /// Work that follows other work by less goes on with its stretch: nothing else can have had its turn.
    private static let gap: TimeAmount = .microseconds(50)

    private let eventLoop: any EventLoop
    private var start = NIODeadline.uptimeNanoseconds(0)
    private var end = NIODeadline.uptimeNanoseconds(0)
    private var isPausing = false
    /// What goes on after the pause.
    private var waiting: [() -> Void] = []

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Does something piece by piece until nothing is left of it, now or after a pause.
    ///
    /// - Parameter piece: does a part; false if there was nothing to do.
    func perform(_ piece: @escaping () -> Bool) {
        if self.isPausing { return self.waiting.append { self.perform(piece) } }
        var now = NIODeadline.now()
        if now - self.end > Self.gap { self.start = now }
        while now - self.start < Self.stretch {
            guard piece() else {
                self.end = .now()
                return
            }
            now = .now()
        }
        self.pause { self.perform(piece) }
    }

    /// Has all work pause now, and this go on afterwards.
    func pause(then work: @escaping () -> Void) {
        self.waiting.append(work)
        if self.isPausing { return }
        self.isPausing = true
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isPausing = false
            self.start = .now()
            self.end = self.start
            let waiting = self.waiting
            self.waiting = []
            for work in waiting { work() }
        }
    }
}

@available(*, unavailable)
extension LoopTurns: Sendable {}
