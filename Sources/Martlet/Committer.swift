import NIOCore

/// Appends what publishers bring to the log, and gives it to the ``Dispatcher``.
///
/// There are two: a ``GroupCommitter`` for logs that have to be waited for, a ``LoopCommitter`` for those that don't.
protocol Committer: Sendable {
    /// Queues what one publisher brought; from any thread.
    func submit(_ request: PublishRequest)

    /// Appends until the task is cancelled; what is queued by then is still appended, later publishers are refused.
    func run() async

    /// Why the newest batch could not be appended, or nil if it was, or if that was so long ago that it is worth a try.
    var recentFailure: LogError? { get }
}

/// What one publisher brought: all of it is appended, or nothing.
struct PublishRequest: Sendable {
    var updates: [Update]
    var bookmarks: [Bookmark]
    var bytes: Int
    /// When it was brought.
    let submitted = NIODeadline.now()
    /// Called on one of the hub's event loops: the one that it was brought on, where the log isn't waited for.
    var completion: @Sendable (Result<PublishedRange, PublishError>) -> Void
}

/// What waits to be appended, in the order in which it was brought.
struct PublishQueue {
    /// One batch is no larger than this, so that the first in it doesn't wait for megabytes to be written.
    private static let maxBatchBytes = 8 << 20
    private static let maxBatchUpdates = 8192
    /// What may wait for the log. A disk that stands still for longer than this lasts must be heard of by publishers.
    private static let maxWaitingBytes = 256 << 20

    private var requests: [PublishRequest] = []
    private var bytes = 0
    /// Nothing more is taken.
    var isClosed = false

    var isEmpty: Bool { self.requests.isEmpty }

    mutating func append(_ request: PublishRequest) throws(LogError) {
        if self.isClosed {
            throw LogError(code: .unavailable, message: "The hub is shutting down; nothing was published.")
        }
        if self.bytes > Self.maxWaitingBytes {
            throw LogError(
                code: .unavailable,
                message: "The log does not keep up: \(self.requests.count) publishers wait. Nothing was published."
            )
        }
        self.requests.append(request)
        self.bytes += request.bytes
    }

    /// Takes as much as one batch may hold, but one publisher's whatever it is; nothing if nothing waits.
    mutating func takeBatch() -> [PublishRequest] {
        var bytes = 0
        var updates = 0
        var count = 0
        for request in self.requests {
            bytes += request.bytes
            updates += request.updates.count
            if count > 0, bytes > Self.maxBatchBytes || updates > Self.maxBatchUpdates { break }
            count += 1
        }
        if count == self.requests.count {
            self.bytes = 0
            defer { self.requests = [] }
            return self.requests
        }
        let batch = Array(self.requests.prefix(count))
        self.requests.removeFirst(count)
        self.bytes -= batch.reduce(0) { $0 + $1.bytes }
        return batch
    }
}

extension [PublishRequest] {
    var updates: [Update] { self.count == 1 ? self[0].updates : self.flatMap(\.updates) }
    var bookmarks: [Bookmark] { self.count == 1 ? self[0].bookmarks : self.flatMap(\.bookmarks) }

    /// Tells each that its updates are in the log, which has put the first at `first`.
    func succeed(from first: SequenceNumber, in epoch: Epoch) {
        var next = first
        for request in self {
            request.completion(.success(PublishedRange(epoch: epoch, first: next, updates: request.updates)))
            next += SequenceNumber(request.updates.count)
        }
    }
}
