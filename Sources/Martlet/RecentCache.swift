/// Remembers what was used of late, within a bound: two generations, of which the older one is dropped when the younger
/// is full. What is looked up moves to the younger one, so what is in use stays. A value; whoever holds it confines it.
package struct RecentCache<Key: Hashable, Value> {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private var cost = 0
    private let capacity: Int

    /// - Parameter capacity: what the entries of one generation may cost together; twice as much is held at most.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    package var count: Int { self.young.count + self.old.count }

    /// The value of a key, or nil if it was not used of late.
    ///
    /// - Parameter cost: what the entry costs, as it was told when it was inserted.
    package mutating func value(for key: Key, cost: Int = 1) -> Value? {
        if let value = self.young[key] { return value }
        guard let value = self.old.removeValue(forKey: key) else { return nil }
        self.insert(value, for: key, cost: cost)
        return value
    }

    package mutating func insert(_ value: Value, for key: Key, cost: Int = 1) {
        if let index = self.young.index(forKey: key) {
            self.young.values[index] = value
            return
        }
        if self.cost + cost > self.capacity, !self.young.isEmpty {
            self.old = self.young
            self.young = [:]
            self.cost = 0
        }
        self.young[key] = value
        self.cost += cost
        self.old[key] = nil
    }

    /// Forgets a key.
    ///
    /// - Parameter cost: what the entry costs, as it was told when it was inserted.
    package mutating func remove(_ key: Key, cost: Int = 1) {
        if self.young.removeValue(forKey: key) != nil { self.cost -= cost }
        self.old[key] = nil
    }

    package mutating func removeAll() {
        if self.young.isEmpty, self.old.isEmpty { return }
        self = RecentCache(capacity: self.capacity)
    }
}

extension RecentCache: Sendable where Key: Sendable, Value: Sendable {}
