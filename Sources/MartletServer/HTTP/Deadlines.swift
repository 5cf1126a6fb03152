import NIOCore

/// Something that must get on before a deadline. Confined to an event loop.
protocol HasDeadline: AnyObject {
    /// When it has taken too long; `.distantFuture` for never.
    var deadline: NIODeadline { get }
    /// Where it stands in ``Deadlines``.
    var deadlineSlot: Int { get set }
    /// Called once the deadline has passed, at most a second late.
    func deadlinePassed()
}

/// Looks once a second for connections that take too long, with one timer per event loop: setting a deadline is storing
/// a number. Confined to the loop.
final class Deadlines {
    private static let interval: TimeAmount = .seconds(1)

    private let eventLoop: any EventLoop
    private var members: [any HasDeadline] = []
    private var timer: RepeatedTask?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func add(_ member: any HasDeadline) {
        member.deadlineSlot = self.members.count
        self.members.append(member)
        guard self.timer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.timer = self.eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
            bound.value.look()
        }
    }

    func remove(_ member: any HasDeadline) {
        let slot = member.deadlineSlot
        guard slot >= 0 else { return }
        member.deadlineSlot = -1
        let last = self.members.removeLast()
        if last !== member {
            self.members[slot] = last
            last.deadlineSlot = slot
        }
        if self.members.isEmpty {
            self.timer?.cancel()
            self.timer = nil
        }
    }

    private func look() {
        let now = NIODeadline.now()
        for member in self.members.filter({ $0.deadline <= now }) where member.deadlineSlot >= 0 {
            member.deadlinePassed()
        }
    }
}
