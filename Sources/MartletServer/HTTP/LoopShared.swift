import NIOCore

/// What the connections of one event loop share. Confined to that loop.
final class LoopShared {
    let deadlines: Deadlines
    let date = DateHeader()
    let grants = GrantCache()
    let subscriptions = ActiveSubscriptions()
    let streamsBySubject = StreamsBySubject()

    init(eventLoop: any EventLoop) {
        self.deadlines = Deadlines(eventLoop: eventLoop)
    }
}
