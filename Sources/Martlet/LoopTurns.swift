import NIOCore

/// Shares an event loop between its sockets and what may go on for long. Confined to the loop; owned by its ``Shard``.
///
/// NIO runs tasks that follow each other, and timers that have become due meanwhile, before it looks at sockets again. So
/// whatever finds more to do whenever it is done has to pause with a timer after a stretch. All of it pauses together:
/// two that pause by themselves would take turns, with no socket in between.
final class LoopTurns {
    private static let stretch: TimeAmount = .milliseconds(5)
    private static let pause: TimeAmount = .microseconds(200)
    /// Work that follows other work by less goes on with its stretch, unless sockets are known to have had their turn.
    private static let gap: TimeAmount = .microseconds(50)

    private let eventLoop: any EventLoop
    private var start = NIODeadline.uptimeNanoseconds(0)
    private var end = NIODeadline.uptimeNanoseconds(0)
    private var isPausing = false
    /// A socket was read since something was done.
    private var hasRested = false
    /// Something is being done: what that has done besides is a part of its stretch.
    private var isWorking = false
    /// What goes on after the pause, one after the other.
    private var waiting: ArraySlice<() -> Void> = []

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Does something piece by piece until nothing is left of it, now or after a pause.
    ///
    /// - Parameter piece: does a part; false if there was nothing to do.
    func perform(_ piece: @escaping () -> Bool) {
        if self.isPausing { return self.waiting.append { self.perform(piece) } }
        if self.isWorking { return self.work(piece, from: .now()) }
        let now = self.note()
        self.isWorking = true
        self.work(piece, from: now)
        self.isWorking = false
        self.end = .now()
    }

    private func work(_ piece: @escaping () -> Bool, from start: NIODeadline) {
        var now = start
        while now - self.start < Self.stretch {
            guard piece() else { return }
            now = .now()
        }
        self.pause { self.perform(piece) }
    }

    /// Notes that the loop is at work for what will be performed: tasks that bring it follow each other without a socket in
    /// between, and there may be many.
    @discardableResult
    func note() -> NIODeadline {
        let now = NIODeadline.now()
        if self.hasRested || now - self.end > Self.gap { self.start = now }
        self.hasRested = false
        self.end = now
        return now
    }

    /// Notes that a socket was read, so all of them have had their turn. A loop that is busy with those, and has little to
    /// do for each, need not pause.
    func rest() {
        if !self.isWorking { self.hasRested = true }
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
            self.resume()
        }
    }

    /// Goes on with what waits. What then pauses again is behind those that have not had their turn.
    private func resume() {
        var waiting = self.waiting[...]
        self.waiting = []
        while !self.isPausing, let work = waiting.popFirst() { work() }
        self.waiting = waiting + self.waiting
    }
}

@available(*, unavailable)
extension LoopTurns: Sendable {}
