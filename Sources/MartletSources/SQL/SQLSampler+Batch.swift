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

    /// The rows that a database answered for a group, by the bytes of the batch's column: two names that Swift takes
    /// for equal are two users.
    private struct Answer {
        private var rowsByName: [[UInt8]: [SQLRow]] = [:]
        /// A row has no such column.
        private(set) var isUnnamed = false
        /// A database that compares loosely (case, padding, types) has found what nobody asked for by this name. Of
        /// those without rows it is not known which one has found it.
        private(set) var stranger: [UInt8]?

        init(_ rows: [SQLRow], for group: Group, by batch: String) {
            for row in rows {
                if let name = row.text(of: batch) {
                    self.rowsByName[Array(name.utf8), default: []].append(row)
                } else {
                    self.isUnnamed = true
                }
            }
            let values = Set(group.members.lazy.map { Array($0.value.utf8) })
            if !self.isUnnamed { self.stranger = self.rowsByName.keys.first { !values.contains($0) } }
        }

        func rows(of value: String) -> [SQLRow]? { self.rowsByName[Array(value.utf8)] }
    }

    /// One query for as many watches as it may serve.
    ///
    /// A database may refuse a batch for one of its values, a word where it has numbers. So that nobody's topic takes the
    /// values of others away, those that were served before are asked for apart from those that are new; a refused batch
    /// is halved until the bad ones are found, and what is left is asked for one by one; and a bad one is not asked for
    /// with others again. A value for which a database finds another one's rows is found in the same way, among those
    /// without rows of their own.
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
                let answer = result.map { Answer($0, for: group, by: batch) }
                self.note(answer, of: group, by: batch, in: &found)
                let doubtful = self.doubtful(group, answer)
                self.judge(group, answer, besides: doubtful, in: found)
                if doubtful.members.isEmpty { continue }
                if splits < Self.maxSplits {
                    splits += 1
                    next += doubtful.members.count > 1 ? doubtful.halves : [doubtful]
                    continue
                }
                let count = min(doubtful.members.count, Self.maxSingles - singles)
                singles += count
                let (start, end) = (doubtful.members.startIndex, doubtful.members.endIndex)
                next += (start..<start + count).map { doubtful.part($0..<$0 + 1) }
                // The next tick goes on with the rest.
                let rest = doubtful.part(start + count..<end)
                self.verdicts.withLock { verdicts in for (topic, _) in rest.members { verdicts.doubts(topic) } }
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

    /// Those of a group of whom an answer does not say what is wrong with them, if anything: all if it was refused,
    /// those without rows if there is a stranger. Of one that was asked for alone it says so.
    private func doubtful(_ group: Group, _ answer: Result<Answer, SQLError>) -> Group {
        let nobody = group.part(group.members.startIndex..<group.members.startIndex)
        if group.members.count == 1 { return nobody }
        switch answer {
        case .success(let answer):
            if answer.stranger == nil { return nobody }
            let members = group.members.filter { answer.rows(of: $0.value) == nil }
            return Group(others: group.others, members: members[...])
        case .failure(let error):
            return error.code == .query ? group.part(group.members.indices) : nobody
        }
    }

    /// Remembers what the database said of a group's values.
    private func judge(
        _ group: Group,
        _ answer: Result<Answer, SQLError>,
        besides doubtful: Group,
        in found: Found
    ) {
        self.verdicts.withLock { verdicts in
            switch answer {
            case .success(let answer) where answer.stranger != nil:
                for (topic, value) in group.members {
                    if answer.rows(of: value) != nil {
                        verdicts.serves(topic)
                    } else if doubtful.members.isEmpty, case .failure(let problem)? = found[topic] {
                        verdicts.refuses(topic, problem)
                    }
                }
            case .success:
                if group.isAgain { verdicts.forgetRefusals() }
                for (topic, _) in group.members { verdicts.serves(topic) }
            case .failure(let error) where error.code == .query && doubtful.members.isEmpty:
                for (topic, _) in group.members { verdicts.refuses(topic, SourceProblem(error)) }
            case .failure: break
            }
        }
    }

    /// Hands rows out to those whose value they have; of those in doubt it is not the last word.
    private func note(
        _ answer: Result<Answer, SQLError>,
        of group: Group,
        by batch: String,
        in found: inout Found
    ) {
        for (topic, value) in group.members {
            switch answer {
            case .failure(let error): found[topic] = .failure(SourceProblem(error))
            case .success(let answer): found[topic] = self.value(value, in: answer, by: batch)
            }
        }
    }

    private func value(_ value: String, in answer: Answer, by batch: String) -> Result<String, SourceProblem> {
        if answer.isUnnamed {
            return .failure(
                SourceProblem(.refused, "the query returns no column \"\(batch)\", by which it is batched")
            )
        }
        if let own = answer.rows(of: value) { return .success(self.value(of: own)) }
        guard let stranger = answer.stranger else { return .success(self.value(of: [])) }
        let text = JSONText.quoted(String(decoding: stranger, as: UTF8.self))
        return .failure(SourceProblem(.refused, "the query returns \(batch) \(text), which is not asked for"))
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
