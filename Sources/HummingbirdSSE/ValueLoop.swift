import Logging
import NIOCore
import ServerSentEvents

/// Sends what a closure returns, at an interval. One for each stream, in the task of its closure.
struct ValueLoop: Sendable {
    enum Value {
        case event(Event)
        case data(any Encodable)
    }

    let interval: Duration
    let clock: any Clock<Duration>
    let logger: Logger
    /// The route's path, for the log.
    let route: String
    let values: ValueEncoder
    let value: @Sendable () async throws -> Value?

    func run(_ stream: EventStream) async throws {
        let timing = Timing(self.clock)
        var ticks = Ticks(every: self.interval)
        var hasFailed = false
        while true {
            if let value = try await self.value() {
                var bytes: ByteBuffer?
                do {
                    bytes = try self.bytes(of: value)
                    hasFailed = false
                } catch {
                    self.report(error, isFirst: !hasFailed)
                    hasFailed = true
                }
                if let bytes { try await stream.send(bytes) }
            }
            try await timing.sleep(ticks.pause(at: timing.now()))
        }
    }

    private func bytes(of value: Value) throws -> ByteBuffer? {
        switch value {
        case .event(let event): ByteBuffer(bytes: try EventEncoder.encode(event))
        case .data(let value):
            try self.values.data(value).map { ByteBuffer(bytes: try EventEncoder.encode(Event(data: $0))) }
        }
    }

    /// One error in the log for a row of values that can't be encoded: they come once a second, on every stream.
    private func report(_ error: any Error, isFirst: Bool) {
        self.logger.log(
            level: isFirst ? .error : .debug,
            "A value for a stream can't be encoded, and is left out",
            metadata: ["route": .string(self.route), "error": .string(String(describing: error))]
        )
    }
}
