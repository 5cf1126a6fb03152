#if PostgreSQL
/// The statements that a connection has prepared, by text. The least recently used go first.
struct PostgreSQLStatementCache {
    private struct Entry {
        var name: String
        var use: Int
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var clock = 0
    private var names = 0

    init(capacity: Int = 256) {
        self.capacity = capacity
    }

    /// The name of a prepared statement, if there is one.
    mutating func name(of text: String) -> String? {
        self.clock += 1
        self.entries[text]?.use = self.clock
        return self.entries[text]?.name
    }

    /// Names are not used again, so that one the server still knows can't be taken for another.
    mutating func add(_ text: String) -> String {
        self.clock += 1
        self.names += 1
        let name = "martlet_\(self.names)"
        self.entries[text] = Entry(name: name, use: self.clock)
        return name
    }

    /// - Returns: the name to let go of.
    mutating func remove(_ text: String) -> String? { self.entries.removeValue(forKey: text)?.name }

    /// Forgets what is too many.
    ///
    /// - Returns: the names to let go of.
    mutating func trim() -> [String] {
        guard self.entries.count > self.capacity else { return [] }
        let oldest = self.entries.sorted { $0.value.use < $1.value.use }.prefix(self.entries.count - self.capacity)
        for entry in oldest { self.entries[entry.key] = nil }
        return oldest.map(\.value.name)
    }
}
#endif
