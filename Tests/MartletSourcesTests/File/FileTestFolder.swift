import Logging
import Martlet
import Testing

@testable import MartletSources

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A temporary folder, with the few things that writers and rotators do to files in it.
final class FileTestFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/martlet-file-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { remove("") }

    subscript(_ name: String) -> String { name.isEmpty ? path : path + "/" + name }

    /// Opens, appends, closes.
    func append(_ text: String, to name: String) {
        append(Array(text.utf8), to: name)
    }

    func append(_ bytes: [UInt8], to name: String) {
        let writer = FileTestWriter(self[name])
        writer.write(bytes)
    }

    /// Appends to a file whose name need not be UTF-8.
    func append(_ bytes: [UInt8], toBytes name: [UInt8]) {
        let path = Array(self[""].utf8) + [UInt8(ascii: "/")] + name
        let name = path.map { CChar(bitPattern: $0) } + [0]
        FileTestWriter(descriptor: open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)).write(bytes)
    }

    func move(_ name: String, to other: String) { rename(self[name], self[other]) }
    func hardLink(_ name: String, to other: String) { link(self[name], self[other]) }
    func symbolicLink(_ target: String, to name: String) { symlink(target, self[name]) }
    func delete(_ name: String) { unlink(self[name]) }
    func truncate(_ name: String, to size: Int = 0) { _ = Self.truncateFile(self[name], size) }
    func setModified(_ name: String, secondsAgo: Int) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        now.tv_sec -= secondsAgo
        utimensat(AT_FDCWD, self[name], [now, now], 0)
    }

    func makeDirectory(_ name: String) { mkdir(self[name], 0o755) }

    func remove(_ name: String) {
        let path = self[name]
        if let entries = opendir(path) {
            while let entry = readdir(entries) {
                let child = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if child != "." && child != ".." { remove(name.isEmpty ? child : name + "/" + child) }
            }
            closedir(entries)
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    private static func truncateFile(_ path: String, _ size: Int) -> Int32 {
        #if canImport(Darwin)
        Darwin.truncate(path, off_t(size))
        #elseif canImport(Musl)
        Musl.truncate(path, off_t(size))
        #else
        Glibc.truncate(path, off_t(size))
        #endif
    }
}

/// A program that holds its log open.
final class FileTestWriter {
    private var descriptor: Int32
    private let path: String

    init(_ path: String) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    init(descriptor: Int32) {
        path = ""
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        #if canImport(Darwin)
        let written = Darwin.write(descriptor, bytes, bytes.count)
        #elseif canImport(Musl)
        let written = Musl.write(descriptor, bytes, bytes.count)
        #else
        let written = Glibc.write(descriptor, bytes, bytes.count)
        #endif
        precondition(written == bytes.count)
    }

    func reopen() {
        close(descriptor)
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }
}

/// A follower driven step by step, with a time that only the test moves.
final class FileTestFollower {
    private let follower: FileFollower
    /// What stood in the way, each time that changed; "" if nothing did any more.
    var reports: [String] { box.reports }
    private let box = Box()
    private var now: Duration = .zero
    /// What whoever takes the lines has kept of the marks.
    var marks: [String: FileMark] { kept.marks }
    /// The same, with what was kept of the run.
    private(set) var kept: Kept

    struct Kept {
        var marks: [String: FileMark] = [:]
        var run: FileRun
    }

    private final class Box { var reports: [String] = [] }

    /// - Parameter kept: what was kept before a restart, or nil at a first start.
    init(
        _ path: String,
        topic: String = "logs/app",
        after kept: Kept? = nil,
        backlog: Int = 0,
        lineLimit: Int = 64 * 1024,
        maximumTrails: Int = 1_000,
        openJournal: @escaping FileDirectory.OpenJournal = FileDirectory.systemJournal
    ) {
        guard let pattern = try? FilePattern(path), let selector = try? Selector(topic),
            let topics = FileTopics(selector)
        else { preconditionFailure("no pattern or no topic") }
        self.kept = kept ?? Kept(run: FileRun(path: path, seen: .beforeNow()))
        follower = FileFollower(
            pattern: pattern,
            topics: topics,
            beginning: kept.map { .resuming($0.run) } ?? .atEnd(backlog: backlog),
            lineLimit: lineLimit,
            grace: .seconds(5),
            maximumTrails: maximumTrails,
            openJournal: openJournal,
            report: { [box] in box.reports.append($0 ?? "") }
        )
    }

    /// All lines there are now.
    func look(after time: Duration = .milliseconds(50)) -> [String] { lines(after: time).map(\.text) }

    /// All lines there are now, each with its topic before it.
    func lookAtTopics(after time: Duration = .milliseconds(50)) -> [String] {
        lines(after: time).map { "\($0.topic.name): \($0.text)" }
    }

    private func lines(after time: Duration) -> [FileLine] {
        now += time
        var lines: [FileLine] = []
        while true {
            let batch = batch()
            lines += batch.lines
            if !batch.hasMore { return lines }
        }
    }

    /// One batch, which is kept.
    func batch() -> FileBatch {
        let batch = peek()
        kept.marks.merge(batch.marks) { _, newer in newer }
        kept.run.note(batch.marks.values)
        return batch
    }

    /// One batch, which is lost.
    func peek() -> FileBatch {
        let batch = follower.nextBatch(now: now)
        guard !batch.wanted.isEmpty else { return batch }
        follower.recall(marks.filter { batch.wanted.contains($0.key) })
        return follower.nextBatch(now: now)
    }

    var openGenerations: Int { follower.openFiles }
}

/// The descriptors of this process that lie in a folder.
func openDescriptors(in folder: FileTestFolder) -> Int {
    guard let entries = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(entries) }
    var count = 0
    while let entry = readdir(entries) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        var target = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/fd/" + name, &target, target.count - 1)
        guard length > 0 else { continue }
        let path = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if path.hasPrefix(folder.path) { count += 1 }
    }
    return count
}

/// Has this process open as many files as it may.
func raiseDescriptorLimit() {
    #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    let resource = RLIMIT_NOFILE
    #endif
    var limits = rlimit()
    getrlimit(resource, &limits)
    limits.rlim_cur = limits.rlim_max
    setrlimit(resource, &limits)
}

extension SourceMonitor {
    /// One whose logger says nothing.
    static func silent(name: String) -> SourceMonitor {
        SourceMonitor(name: name, kind: "file", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
