#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// An ``OutboxPosition`` as it is kept, with the table that it is a place in: of another table it says nothing.
///
/// Of the gaps each number is the difference from the one before, so that a thousand of them, which a Galera cluster has
/// always, are a few kilobytes.
struct OutboxBookmark: Sendable, Hashable {
    var table: String
    var key: String
    var position: OutboxPosition

    private struct Form: Codable {
        static let version = 1

        var v: Int
        var table: String
        var key: String
        var through: Int64
        /// For each gap: from the end of the one before to its start, its length less one, and by how much it is younger.
        var gaps: [Int64]
    }

    init(table: String, key: String, position: OutboxPosition) {
        self.table = table
        self.key = key
        self.position = position
    }

    /// Reads what ``text`` gave; nil if it is nothing of the kind.
    init?(_ text: String) {
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(text.utf8)), form.v == Form.version,
            form.through >= 0, form.gaps.count.isMultiple(of: 3)
        else { return nil }
        var gaps: [OutboxPosition.Gap] = []
        var (end, since) = (Int64(0), Int64(0))
        for index in stride(from: 0, to: form.gaps.count, by: 3) {
            let (first, isTooFar) = end.addingReportingOverflow(form.gaps[index])
            let (last, isTooLong) = first.addingReportingOverflow(form.gaps[index + 1])
            let (time, isTooLate) = since.addingReportingOverflow(form.gaps[index + 2])
            guard !isTooFar, !isTooLong, !isTooLate, first > end, last >= first, last < form.through, time >= 0 else {
                return nil
            }
            gaps.append(OutboxPosition.Gap(first: first, last: last, since: time))
            (end, since) = (last, time)
        }
        self.init(table: form.table, key: form.key, position: OutboxPosition(through: form.through, gaps: gaps))
    }

    var text: String {
        var numbers: [Int64] = []
        var (end, since) = (Int64(0), Int64(0))
        for gap in self.position.gaps {
            numbers += [gap.first - end, gap.last - gap.first, gap.since - since]
            (end, since) = (gap.last, gap.since)
        }
        let form = Form(
            v: Form.version,
            table: self.table,
            key: self.key,
            through: self.position.through,
            gaps: numbers
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(form) else { preconditionFailure("numbers and names are JSON") }
        return String(decoding: data, as: UTF8.self)
    }
}
