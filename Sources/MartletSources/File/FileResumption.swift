/// A file in a directory, and what was marked of it before the restart, or of the file that it is a copy of.
struct FileEntry {
    let name: [UInt8]
    let status: FileStatus
    var mark: FileMark?
}

/// What is read after a restart, and in which order, by what lies in the directory now. Does no I/O.
///
/// For each followed name, these are one after the other:
/// 1. The files that were read under that name before, and have others by now, oldest first: where they were left. Of
///    those that were read to their ends only the newest counts, since a writer may still hold it.
/// 2. If the file that has the name now is a new one: files that came and were rotated away while nobody looked, oldest
///    first, from their start. They are known by a name that begins with the followed one and goes on with something
///    that has a digit and is no ending of compressed files, and by having been modified since.
/// 3. The file that has the name: where it was left under whatever name, or from its start.
enum FileResumption {
    typealias Trail = (name: [UInt8], generations: [FileGeneration])

    /// - Parameters:
    ///   - entries: the regular files of the directory; a mark is one that fits the file.
    ///   - seen: what was modified before was seen.
    static func trails(_ entries: [FileEntry], of pattern: FilePattern, since seen: FileTime) -> [Trail] {
        var names: Set<[UInt8]> = pattern.isGlob ? [] : [pattern.name]
        var left: [[UInt8]: [FileEntry]] = [:]
        var current: [[UInt8]: FileEntry] = [:]
        for entry in entries {
            if pattern.matches(entry.name) {
                names.insert(entry.name)
                current[entry.name] = entry
            } else if let mark = entry.mark, pattern.matches(mark.name) {
                // A mark at the very beginning fits any file that got the inode later.
                guard mark.place.offset > 0 else { continue }
                names.insert(mark.name)
                left[mark.name, default: []].append(entry)
            }
        }
        var between: [[UInt8]: [FileEntry]] = [:]
        for entry in entries where entry.mark?.place.offset ?? 0 == 0 && !pattern.matches(entry.name) {
            guard entry.mark != nil || entry.status.modified >= seen, let name = base(of: entry.name, in: pattern)
            else { continue }
            names.insert(name)
            between[name, default: []].append(entry)
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map { name in
            let last = current[name]
            let isNew = last?.mark?.place.offset ?? 0 == 0
            let missed = (between[name] ?? []).filter { $0.mark != nil || isNew }
            let files = unread(left[name] ?? [], besides: last) + inOrder(missed, besides: last)
            return (name, files.map { generation($0.name, $0) } + [generation(name, last)])
        }
    }

    private static func generation(_ name: [UInt8], _ entry: FileEntry?) -> FileGeneration {
        FileGeneration(name: name, start: entry?.mark.map { .place($0.place) } ?? .beginning)
    }

    private static func unread(_ entries: [FileEntry], besides last: FileEntry?) -> [FileEntry] {
        let files = inOrder(entries, besides: last)
        return files.enumerated().filter { index, entry in
            index == files.count - 1 || entry.status.size > entry.mark?.place.offset ?? 0
        }.map(\.element)
    }

    /// Each file once, the oldest first.
    private static func inOrder(_ entries: [FileEntry], besides last: FileEntry?) -> [FileEntry] {
        var files: Set<FileIdentity> = last.map { [$0.status.identity] } ?? []
        return entries.sorted(by: isOlder).filter { files.insert($0.status.identity).inserted }
    }

    private static func isOlder(_ left: FileEntry, _ right: FileEntry) -> Bool {
        if left.status.modified != right.status.modified { return left.status.modified < right.status.modified }
        // Of the same moment: log.10 is older than log.9 as rotators count, so the longer, then the later name.
        if left.name.count != right.name.count { return left.name.count > right.name.count }
        return right.name.lexicographicallyPrecedes(left.name)
    }

    /// The longest followed name that this one may be rotated from.
    private static func base(of name: [UInt8], in pattern: FilePattern) -> [UInt8]? {
        let base = (1..<max(1, name.count)).reversed().lazy.map { Array(name.prefix($0)) }.first(where: pattern.matches)
        return base.flatMap { isRotated(name, from: $0) ? $0 : nil }
    }

    /// Whether a name may be what another one was rotated to.
    static func isRotated(_ name: [UInt8], from base: [UInt8]) -> Bool {
        name.starts(with: base) && !FilePattern.isCompressed(name)
            && name.dropFirst(base.count).contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
