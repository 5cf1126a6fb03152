import Martlet
import NIOCore
import Synchronization

/// Holds each token to a number of updates per second: a bucket of as many, filled evenly. Shared by all event loops.
///
/// A request is let through as long as there is anything in the bucket, and takes what it brings, into debt if need be: so
/// a batch larger than the bucket is possible, and paid for by waiting.
final class PublishRates: Sendable {
    private struct Bucket {
        var level: Double
        var filled: NIODeadline
    }

    private let perSecond: Double
    private let buckets: Mutex<RecentCache<String, Bucket>>

    /// - Parameter perSecond: how many updates are let through per second, and at once.
    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
        self.buckets = Mutex(RecentCache(capacity: 10_000))
    }

    /// Takes `count` updates out of a token's bucket.
    ///
    /// - Returns: nil if they may be published, else after how many seconds to come back.
    func take(_ count: Int, for token: String, at now: NIODeadline = .now()) -> Int? {
        self.buckets.withLock { buckets in
            var bucket = buckets.value(for: token) ?? Bucket(level: self.perSecond, filled: now)
            let elapsed = Double((now - bucket.filled).nanoseconds) / 1e9
            bucket.level = min(self.perSecond, bucket.level + max(0, elapsed) * self.perSecond)
            // Two loops' times may come in the wrong order; none counts twice.
            bucket.filled = max(bucket.filled, now)
            // One of many is as good as none: it is the next one's. The rest is what adding fractions leaves out.
            guard bucket.level >= min(1, Double(count)) - 1e-6 else {
                buckets.insert(bucket, for: token)
                return max(1, Int(((1 - bucket.level) / self.perSecond).rounded(.up)))
            }
            bucket.level -= Double(count)
            buckets.insert(bucket, for: token)
            return nil
        }
    }
}
