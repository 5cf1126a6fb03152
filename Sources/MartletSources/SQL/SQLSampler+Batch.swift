import Martlet
import Synchronization

// One query for many watches.
extension SQLSampler {
    private typealias Found = [Topic: Result<String, SourceProblem>]

    /// The most watches that one batched query serves; databases bound how many parameters a query has.
    private static let maxBatch = 10_000
    /// How often a tick may halve a batch that was refused, to find the values that it was refused for.
    private static let maxSplits = 64
    /// How many values a tick may ask for one by one, where halving has not told them apart.
    private static let maxSingles = 1000

    /// Watches that one query serves: they differ in nothing but the batch's variable.
    private struct Group {
        var others: [String: String]
        var members: ArraySlice<(topic: Topic, value: String)>
        /// What it holds was refused before.
        var isAgain = false

        /// The same in two halves.
        var halves: [Group] {
            let middle = self.members.startIndex + self.members.count / 2
            return [self.part(self.members.startIndex..<middle), self.part(middle..<self.members.endIndex)]
        }

        func part(_ range: Range<Int>) -> Group { Group(others: self.others, members: self.members[range]) }
    }

    /// One query for as many watches as it may serve.
    ///
    /// A database may refuse a batch for one of its values, a word where it has numbers. So that nobody's topic takes the
    /// values of others away, those that were served before are asked for apart from those that are new; a refused batch
    /// is halved until the bad ones are found, and what is left is asked for one by one; and a bad one is not asked for
    /// with others again.
    func sample(_ watches: [Watch], by batch: String, on engine: any SQLEngine) async -> [Result<String, SourceProblem>]
    {
        let sorted = self.verdicts.withLock { $0.sort(watches) }
        var found: Found = [:]
        for (watch, problem) in sorted.refused { found[watch.topic] = .failure(problem) }
        var pending = Self.groups(of: sorted.served, by: batch) + Self.groups(of: sorted.unknown, by: batch)
        for watch in sorted.again {
            pending += Self.groups(of: [watch], by: batch).map { group in
                var group = group
                group.isAgain = true
                return group
            }
        }
        var splits = 0
        var singles = 0
        while !pending.isEmpty {
            let statements = pending.map { self.statement(for: $0, by: batch, on: engine) }
            var next: [Group] = []
            for (group, result) in zip(pending, await engine.run(statements)) {
                guard case .failure(let error) = result, error.code == .query, group.members.count > 1 else {
                    self.judge(group, result)
                    self.note(result, of: group, by: batch, in: &found)
                    continue
                }
                if splits < Self.maxSplits {
                    splits += 1
                    next += group.halves
                    continue
                }
                let count = min(group.members.count, Self.maxSingles - singles)
                singles += count
                let (start, end) = (group.members.startIndex, group.members.endIndex)
                next += (start..<start + count).map { group.part($0..<$0 + 1) }
                // The next tick goes on with the rest.
                let rest = group.part(start + count..<end)
                self.verdicts.withLock { verdicts in for (topic, _) in rest.members { verdicts.doubts(topic) } }
                self.note(result, of: rest, by: batch, in: &found)
            }
            pending = next
        }
        return watches.map { found[$0.topic] ?? .failure(SourceProblem(.refused, "there is no \(batch) in the topic")) }
    }

    private func statement(for group: Group, by batch: String, on engine: any SQLEngine) -> SQLStatement {
        var values = group.members.map { SQLValue(variable: $0.value) }
        // A database keeps what it has prepared for each text; so there are few, whoever comes and goes.
        if engine.placeholders == .questionMarks, let last = values.last {
            while values.count.nonzeroBitCount > 1 { values.append(last) }
        }
        return self.query.bound(
            group.others.mapValues(SQLValue.init(variable:)),
            list: (batch, values),
            for: engine.placeholders
        )
    }

    /// Remembers what the database said of a group's values.
    private func judge(_ group: Group, _ result: Result<[SQLRow], SQLError>) {
        self.verdicts.withLock { verdicts in
            switch result {
            case .success:
                if group.isAgain { verdicts.forgetRefusals() }
                for (topic, _) in group.members { verdicts.serves(topic) }
            case .failure(let error) where error.code == .query:
                for (topic, _) in group.members { verdicts.refuses(topic, SourceProblem(error)) }
            case .failure: break
            }
        }
    }

    /// Hands rows out by the bytes of their batch's column: two names that Swift takes for equal are two users.
    private func note(
        _ result: Result<[SQLRow], SQLError>,
        of group: Group,
        by batch: String,
        in found: inout Found
    ) {
        let values = Set(group.members.lazy.map { Array($0.value.utf8) })
        let rows = result.map { Dictionary(grouping: $0) { $0.text(of: batch).map { Array($0.utf8) } } }
            .mapError(SourceProblem.init)
        // A database that compares loosely (case, padding, types) has found what nobody asked for by this name.
        var stranger: [UInt8]?
        if case .success(let rows) = rows {
            stranger = rows.keys.lazy.compactMap(\.self).first { !values.contains($0) }
        }
        for (topic, value) in group.members {
            found[topic] = rows.flatMap { rows in
                if rows[nil] != nil {
                    return .failure(
                        SourceProblem(.refused, "the query returns no column \"\(batch)\", by which it is batched")
                    )
                }
                if let own = rows[Array(value.utf8)] { return .success(self.value(of: own)) }
                if let stranger {
                    let text = String(decoding: stranger, as: UTF8.self)
                    return .failure(
                        SourceProblem(
                            .refused,
                            "the query returns \(batch) \(JSONText.quoted(text)), which is not asked for"
                        )
                    )
                }
                return .success(self.value(of: []))
            }
        }
    }

    private static func groups(of watches: [Watch], by batch: String) -> [Group] {
        var groups: [[UInt8]: (others: [String: String], members: [(topic: Topic, value: String)])] = [:]
        for watch in watches {
            var others = watch.variables
            guard let own = others.removeValue(forKey: batch) else { continue }
            var key: [UInt8] = []
            for (name, value) in others.sorted(by: { $0.key < $1.key }) {
                key += Array(name.utf8) + [0] + Array(value.utf8) + [0]
            }
            groups[key, default: (others, [])].members.append((watch.topic, own))
        }
        return groups.values.flatMap { others, all in
            stride(from: 0, to: all.count, by: self.maxBatch).map { start in
                Group(others: others, members: all[start..<min(all.count, start + self.maxBatch)])
            }
        }
    }
}
