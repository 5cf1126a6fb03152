import Testing

@testable import MartletSources

/// Random histories of files and their follower: whatever happens when, each line arrives once, and in order.
@Suite("Following files through random histories")
struct FileRestartModelTests {
    enum Kind: CaseIterable, Sendable {
        case path
        case glob
        /// Rotated files match too, and are files of their own after a restart: then each line arrives once, but those of
        /// two files in any order.
        case globOfRotated

        var pattern: String {
            switch self {
            case .path: "log"
            case .glob: "*.log"
            case .globOfRotated: "*log*"
            }
        }

        var names: [String] { self == .path ? ["log"] : ["a.log", "b.log", "a-b.log"] }
    }

    @Test("Each line arrives once", arguments: Kind.allCases, 0..<5)
    func lines(_ kind: Kind, _ part: Int) {
        for seed in (part * 8)..<(part * 8 + 8) {
            let history = FileHistory(kind, seed: seed)
            for _ in 0..<60 { history.step() }
            history.end()
            if let difference = history.difference(isOrdered: kind != .globOfRotated) {
                Issue.record("seed \(seed): \(difference): \(history.steps)")
            }
        }
    }
}

/// Logs that are written, rotated, truncated and deleted, and followed by one that stops and starts.
///
/// It keeps to what is promised: nothing that was not read is truncated or deleted, and files that are rotated away while
/// nobody follows stay in the directory.
private final class FileHistory {
    private struct Log {
        var written: [String] = []
        var isPartial = false
        var isThere = false
    }

    private let folder = FileTestFolder()
    private let path: String
    private let names: [String]
    private var random: SeededGenerator
    private var follower: FileTestFollower?
    private var kept: FileTestFollower.Kept?
    private var logs: [String: Log] = [:]
    private var arrived: [String] = []
    private(set) var steps: [String] = []

    init(_ kind: FileRestartModelTests.Kind, seed: Int) {
        random = SeededGenerator(seed: UInt64(seed))
        path = folder[kind.pattern]
        names = kind.names
        for name in names { logs[name] = Log() }
        look()
    }

    func step() {
        let name = names.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: append(to: name)
        case 5..<8: appendPartially(to: name)
        case 8..<11: look()
        case 11..<12: lookOnce()
        case 12..<15: rotate(name)
        case 15: truncate(name)
        case 16: delete(name)
        case 17..<19: restart(losingBatch: false)
        default: restart(losingBatch: true)
        }
    }

    func end() {
        for name in names { finish(name) }
        look()
    }

    /// What arrived other than it was written, or nil.
    func difference(isOrdered: Bool) -> String? {
        for name in names {
            let written = logs[name]?.written ?? []
            var lines = arrived.filter { $0.hasPrefix(name + ":") }
            if !isOrdered { lines.sort { Self.number($0) < Self.number($1) } }
            if lines == written { continue }
            let index = zip(lines, written).enumerated().first { $1.0 != $1.1 }?.offset
            return "\(name): \(lines.count) of \(written.count), other from \(index ?? min(lines.count, written.count))"
        }
        return nil
    }

    private static func number(_ line: String) -> Int { Int(line.split(separator: ":")[1]) ?? -1 }

    private func append(to name: String) {
        finish(name)
        let count = Int.random(in: 0..<10, using: &random) == 0 ? 700 : Int.random(in: 1..<4, using: &random)
        steps.append("append \(count) to \(name)")
        folder.append((0..<count).map { _ in newLine(of: name) + "\n" }.joined(), to: name)
    }

    private func appendPartially(to name: String) {
        finish(name)
        steps.append("append partially to \(name)")
        folder.append(newLine(of: name), to: name)
        logs[name]?.isPartial = true
    }

    private func finish(_ name: String) {
        guard logs[name]?.isPartial == true else { return }
        folder.append(Bool.random(using: &random) ? "\n" : "\r\n", to: name)
        logs[name]?.isPartial = false
    }

    private func newLine(of name: String) -> String {
        let number = logs[name]?.written.count ?? 0
        let line = "\(name):\(number):" + String(repeating: "x", count: Int.random(in: 0..<40, using: &random))
        logs[name]?.written.append(line)
        logs[name]?.isThere = true
        return line
    }

    private func look() {
        if follower == nil { follower = FileTestFollower(path, after: kept) }
        steps.append("look")
        let time: Duration = Int.random(in: 0..<4, using: &random) == 0 ? .seconds(6) : .milliseconds(50)
        arrived += follower?.look(after: time) ?? []
        kept = follower?.kept ?? kept
    }

    private func lookOnce() {
        steps.append("look once")
        arrived += follower?.batch().lines.map(\.text) ?? []
        kept = follower?.kept ?? kept
    }

    private func rotate(_ name: String) {
        guard logs[name]?.isThere == true else { return }
        finish(name)
        steps.append("rotate \(name)")
        for older in (1..<30).reversed() { folder.move("\(name).\(older)", to: "\(name).\(older + 1)") }
        folder.move(name, to: "\(name).1")
        logs[name]?.isThere = Bool.random(using: &random)
        if logs[name]?.isThere == true { folder.append("", to: name) }
    }

    private func truncate(_ name: String) {
        guard logs[name]?.isThere == true else { return }
        finish(name)
        look()
        stopPerhaps()
        steps.append("truncate \(name)")
        folder.truncate(name)
    }

    private func delete(_ name: String) {
        guard logs[name]?.isThere == true else { return }
        finish(name)
        look()
        stopPerhaps()
        steps.append("delete \(name)")
        folder.delete(name)
        logs[name]?.isThere = false
    }

    private func restart(losingBatch: Bool) {
        steps.append("stop, losing \(losingBatch)")
        if losingBatch { _ = follower?.peek() }
        follower = nil
        if Bool.random(using: &random) { look() }
    }

    private func stopPerhaps() {
        guard Int.random(in: 0..<3, using: &random) == 0 else { return }
        steps.append("stop")
        follower = nil
    }
}
