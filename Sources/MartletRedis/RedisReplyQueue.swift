import NIOCore

/// Who waits for which reply: Redis answers in the order it was asked, so the first in the queue owns the next reply.
///
/// Does no I/O and knows no clock: its owner, a connection's channel handler on its event loop, brings the replies and
/// the time, and looks at ``deadline``.
struct RedisReplyQueue {
    typealias Reply = Result<RESPToken, RedisError>

    /// One of those who wait.
    enum Waiter {
        case one(CheckedContinuation<Reply, Never>)
        case many(Batch)
        /// Gave up. The replies still come, and have to be counted.
        case nobody(replies: Int)

        func fail(_ error: RedisError) {
            switch self {
            case .one(let continuation): continuation.resume(returning: .failure(error))
            case .many(let batch): batch.fail(error)
            case .nobody: break
            }
        }
    }

    /// Several commands of one caller. Belongs to the queue; a class, so that adding a reply copies none.
    final class Batch {
        private let count: Int
        private let continuation: CheckedContinuation<[Reply], Never>
        private var replies: [Reply] = []

        init(count: Int, continuation: CheckedContinuation<[Reply], Never>) {
            self.count = count
            self.continuation = continuation
            self.replies.reserveCapacity(count)
        }

        var missing: Int { self.count - self.replies.count }

        /// Takes one reply; gives all to the caller with the last.
        func add(_ reply: Reply) {
            self.replies.append(reply)
            if self.missing == 0 { self.continuation.resume(returning: self.replies) }
        }

        func fail(_ error: RedisError) {
            self.continuation.resume(returning: self.replies + Array(repeating: .failure(error), count: self.missing))
        }
    }

    private struct Entry {
        var waiter: Waiter
        var timeout: TimeAmount?
    }

    private var entries = CircularBuffer<Entry>()
    private var firstID = 0
    /// Since when the first in the queue is the first.
    private var headSince = NIODeadline.now()

    init() {}

    var isEmpty: Bool { self.entries.isEmpty }

    /// The id that the next waiter gets.
    var nextID: Int { self.firstID + self.entries.count }

    /// When the next reply is overdue. Counted from the reply before it, or from its command if there is none: who has
    /// asked a thousand things isn't late as long as the server goes on answering.
    var deadline: NIODeadline? {
        self.entries.first?.timeout.map { self.headSince + $0 }
    }

    mutating func append(_ waiter: Waiter, timeout: TimeAmount?, at now: NIODeadline) {
        if self.entries.isEmpty { self.headSince = now }
        self.entries.append(Entry(waiter: waiter, timeout: timeout))
    }

    /// Hands a reply to whom it is for; false if nobody has asked for one.
    mutating func receive(_ reply: Reply, at now: NIODeadline) -> Bool {
        guard let waiter = self.entries.first?.waiter else { return false }
        self.headSince = now
        switch waiter {
        case .one(let continuation):
            self.removeFirst()
            continuation.resume(returning: reply)
        case .many(let batch):
            if batch.missing == 1 { self.removeFirst() }
            batch.add(reply)
        case .nobody(let replies):
            if replies == 1 {
                self.removeFirst()
            } else {
                self.entries[self.entries.startIndex].waiter = .nobody(replies: replies - 1)
            }
        }
        return true
    }

    /// Lets one waiter go at once, if it still waits; what comes for it is discarded.
    mutating func abandon(_ id: Int, _ error: RedisError) {
        guard id >= self.firstID, id < self.nextID else { return }
        let index = self.entries.index(self.entries.startIndex, offsetBy: id - self.firstID)
        let waiter = self.entries[index].waiter
        switch waiter {
        case .one: self.entries[index].waiter = .nobody(replies: 1)
        case .many(let batch): self.entries[index].waiter = .nobody(replies: batch.missing)
        case .nobody: return
        }
        waiter.fail(error)
    }

    /// Lets everybody go.
    mutating func failAll(_ error: RedisError) {
        self.firstID += self.entries.count
        let entries = self.entries
        self.entries = CircularBuffer()
        for entry in entries { entry.waiter.fail(error) }
    }

    private mutating func removeFirst() {
        self.entries.removeFirst()
        self.firstID += 1
    }
}
