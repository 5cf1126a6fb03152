import Logging
import Synchronization

@testable import MartletMetrics

/// Keeps what a logger is told.
final class Told: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { self.lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(told: self) } }

    private struct Handler: LogHandler {
        let told: Told
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            self.told.lines.withLock { $0.append("\(event.message)") }
        }
    }
}

extension PrometheusRegistry {
    /// The rows that are no comments.
    func rows() async -> [String] {
        await self.text().split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }
}
