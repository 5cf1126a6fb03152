/// Where the log of updates is kept: `memory` or `sqlite:PATH`.
///
/// ```swift
/// let store = LogStore.sqlite(path: "martlet.db")
/// print(store)  // sqlite:martlet.db
/// ```
public enum LogStore: Sendable, Equatable, CustomStringConvertible {
    /// A bounded ring in memory; a restart begins a new epoch.
    case memory
    /// A SQLite database; what was acknowledged survives.
    case sqlite(path: String)

    /// The store as the configuration writes it.
    public var description: String {
        switch self {
        case .memory: "memory"
        case .sqlite(let path): "sqlite:\(path)"
        }
    }

    /// What it is, without where.
    var word: String {
        switch self {
        case .memory: "memory"
        case .sqlite: "sqlite"
        }
    }

    /// The same store with its path, if it has one, resolved.
    func resolved(_ resolve: (String) -> String) -> LogStore {
        switch self {
        case .memory: .memory
        case .sqlite(let path): .sqlite(path: resolve(path))
        }
    }
}

extension ValueFormat<LogStore> {
    static var logStore: Self {
        Self("memory or sqlite:PATH") { text throws(Refusal) in
            if text == "memory" { return .memory }
            if text.hasPrefix("redis://") || text.hasPrefix("rediss://") {
                throw Refusal(.unsupported, "a log on Redis is not supported yet; use memory or sqlite:PATH")
            }
            guard text.hasPrefix("sqlite:") else { return nil }
            let path = String(text.dropFirst("sqlite:".count))
            guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
            if path == ":memory:" {
                throw Refusal(.unsupported, "SQLite in memory would lose what it acknowledged; for that, use memory")
            }
            return .sqlite(path: path)
        }
    }
}
