import Foundation
public import Logging
import Martlet

/// Writes messages as JSON, an object and a line each: `time` (RFC 3339, UTC), `level`, `message`, and what else there is
/// to say under its own name.
///
/// ```swift
/// LoggingSystem.bootstrap { JSONLogHandler(label: $0) }
/// ```
public struct JSONLogHandler: LogHandler {
    /// What every message has beside its own.
    public var metadata: Logger.Metadata = [:]
    /// The least severe message that is written.
    public var logLevel = Logger.Level.info
    private let label: String
    private let write: @Sendable (String) -> Void

    /// Writes to standard error.
    public init(label: String) {
        self.init(label: label) { line in
            // In one piece, so that lines of several threads stay lines.
            FileHandle.standardError.write(Data(line.utf8))
        }
    }

    init(label: String, write: @escaping @Sendable (String) -> Void) {
        self.label = label
        self.write = write
    }

    /// What every message has beside its own.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    /// Writes a message.
    public func log(event: LogEvent) {
        var fields = [
            ("time", JSONText.quoted(Date().formatted(.iso8601))), ("level", JSONText.quoted(event.level.rawValue)),
            ("logger", JSONText.quoted(self.label)), ("message", JSONText.quoted(event.message.description)),
        ]
        if let error = event.error { fields.append(("error", JSONText.quoted("\(error)"))) }
        let own = self.metadata.merging(event.metadata ?? [:]) { $1 }
        for (name, value) in own.sorted(by: { $0.key < $1.key }) where !fields.contains(where: { $0.0 == name }) {
            fields.append((name, Self.json(value)))
        }
        self.write("{" + fields.map { "\(JSONText.quoted($0)):\($1)" }.joined(separator: ",") + "}\n")
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): JSONText.quoted(text)
        case .stringConvertible(let value): JSONText.quoted(value.description)
        case .array(let values): "[" + values.map(self.json).joined(separator: ",") + "]"
        case .dictionary(let values):
            "{"
                + values.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0)):\(self.json($1))" }
                .joined(separator: ",") + "}"
        }
    }
}
