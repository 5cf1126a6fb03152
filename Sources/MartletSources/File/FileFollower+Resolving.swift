/// Opening the directory, and finding the names to follow in it.
extension FileFollower {
    /// Between two looks for files that the journal should have told of, and for all of them if there is none.
    private static let timeBetweenListings: (journaled: Duration, unjournaled: Duration) = (.seconds(30), .seconds(1))
    /// The most files whose marks are asked for after a restart.
    private static let maximumRecalled = 10_000
    /// How often a directory is listed after a restart, in the hope that nothing is renamed meanwhile.
    private static let maximumAttempts = 20

    var timeBetweenComparisons: Duration { trails.count > Self.maximumCompared ? .seconds(1) : .zero }

    /// Finds and opens what there is; answers the items whose marks it needs before it can.
    func resolve(now: Duration) -> [String] {
        reopenDirectoryIfReplaced()
        guard directory != nil || openDirectory(), let directory else { return [] }
        switch beginning {
        case .atEnd(let backlog):
            beginning = .later
            begin(with: .lastLines(backlog), in: directory)
        case .later:
            break
        case .resuming(let run):
            let items = marks == nil ? itemsToRecall(in: directory) : []
            if !items.isEmpty { return items }
            beginning = .later
            resume(run, with: marks ?? [:], in: directory)
            marks = nil
        }
        dropTrails()
        drainJournal()
        if isListingDue(now: now) { listAgain(in: directory, now: now) }
        var index = 0
        // What the journal says while one is resolved may add another.
        while index < trails.count {
            trails[index].resolve(now: now)
            index += 1
        }
        return []
    }

    /// The trail that a file belongs to which another one lets go.
    func heir(of file: FileIdentity, besides trail: FileTrail) -> FileTrail? {
        guard pattern.isGlob, let directory else { return nil }
        return trails.first { other in
            other !== trail && other.present == file && (try? directory.status(of: other.name))?.identity == file
        }
    }

    /// Applies all records there are; false if none concerned a generation.
    @discardableResult
    func drainJournal() -> Bool {
        guard let directory else { return false }
        var concerned = false
        if !pattern.isGlob {
            directory.journal.drain { record in
                if record.kind == .lost { noteLost() }
                if trails.first?.apply(record) == true { concerned = true }
            }
            return concerned
        }
        // Those that a record of any name may concern; looked for when there is one.
        var unsettled: [FileTrail]?
        directory.journal.drain { record in
            if unsettled == nil { unsettled = trails.filter(\.isUnsettled) }
            if record.kind == .lost { noteLost() }
            for trail in unsettled ?? [] where trail.apply(record) { concerned = true }
            let name = Array(record.name)
            guard record.kind == .appeared, unsettled?.contains(where: { $0.name == name }) != true else { return }
            guard let own = trail(named: name) ?? (pattern.matches(name) ? addTrail(name) : nil) else { return }
            if own.apply(record) { concerned = true }
            unsettled?.append(own)
        }
        return concerned
    }

    private func noteLost() {
        troubles.hasLostRecords = true
        lastListing = nil
    }

    private func openDirectory() -> Bool {
        do throws(FileErrno) {
            directory = try FileDirectory(path: pattern.directoryPath, openJournal: openJournal)
            lastListing = nil
            if case .later = beginning, !pattern.isGlob {
                trails.first?.generations.append(FileGeneration(name: pattern.name))
            }
            return true
        } catch {
            // What is found from now on came later.
            if case .atEnd = beginning { beginning = .later }
            troubles.note(.directoryMissing(error), of: nil)
            return false
        }
    }

    /// Those that wait for room in the old directory come first.
    private func reopenDirectoryIfReplaced() {
        guard let directory, (try? FileStatus(path: pattern.directoryPath).identity) != directory.identity,
            !trails.contains(where: { $0.generations.contains(where: \.isWaiting) })
        else { return }
        for trail in trails {
            trail.generations.removeAll { $0.reader == nil }
            trail.present = nil
            trail.nextComparison = .zero
        }
        self.directory = nil
    }

    /// Queues what lies in the directory now. A record of the time before may be in the journal still; to apply it does no
    /// harm, because what was listed is what the records lead to.
    private func begin(with start: FileStart, in directory: FileDirectory) {
        if pattern.isGlob {
            list(directory, start: start)
        } else {
            trails.first?.generations.append(FileGeneration(name: pattern.name, start: start))
        }
    }

    private func list(_ directory: FileDirectory, start: FileStart) {
        do throws(FileErrno) {
            let names = try directory.names { pattern.matches($0) && trail(named: $0) == nil }
            for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                guard let status = try? directory.status(of: name), status.isRegular else { continue }
                addTrail(name)?.generations.append(FileGeneration(name: name, start: start))
            }
        } catch {
            troubles.unlistable = error
        }
    }

    private func isListingDue(now: Duration) -> Bool {
        guard pattern.isGlob else { return false }
        guard let lastListing else { return true }
        let isTold = directory?.unwatched == nil && !troubles.isFull && troubles.unlistable == nil
        return now - lastListing >= (isTold ? Self.timeBetweenListings.journaled : Self.timeBetweenListings.unjournaled)
    }

    private func listAgain(in directory: FileDirectory, now: Duration) {
        lastListing = now
        troubles.forgetListing()
        list(directory, start: .beginning)
    }

    private func itemsToRecall(in directory: FileDirectory) -> [String] {
        let entries = entries(of: directory, with: [:])
        // If there are more files than can be asked about, those that look like it.
        let likely = entries.filter { entry in
            pattern.matches(entry.name) || !pattern.isGlob && entry.name.starts(with: pattern.name)
        }
        let items = (likely + entries).prefix(Self.maximumRecalled).map { directory.item(of: $0.status.identity) }
        return Array(Set(items))
    }

    /// Queues what there is to be read after a restart, by names that hold for one moment: if anything is renamed while
    /// they are looked at, they are looked at again.
    private func resume(_ run: FileRun, with marks: [String: FileMark], in directory: FileDirectory) {
        var plan: [FileResumption.Trail] = []
        for _ in 0..<Self.maximumAttempts {
            directory.journal.drain { _ in }
            plan = FileResumption.trails(entries(of: directory, with: marks), of: pattern, since: run.seen)
            directory.journal.settle()
            var isDisturbed = false
            directory.journal.drain { _ in isDisturbed = true }
            if !isDisturbed { break }
        }
        for (name, generations) in plan {
            (trail(named: name) ?? addTrail(name))?.generations = generations
        }
    }

    /// The regular files in the directory, each with its mark if that fits it, or with that of the file that it is a
    /// copy of: some rotators copy a file and then truncate it (`copytruncate`), and what was read of it is in the copy.
    private func entries(of directory: FileDirectory, with marks: [String: FileMark]) -> [FileEntry] {
        var names: [[UInt8]] = []
        do throws(FileErrno) {
            names = try directory.names { _ in true }
        } catch {
            // The one at the path can be read all the same.
            if pattern.isGlob { troubles.unlistable = error } else { names = [pattern.name] }
        }
        var entries: [FileEntry] = []
        var truncated: [FileMark] = []
        for name in names {
            guard let status = try? directory.status(of: name), status.isRegular else { continue }
            var entry = FileEntry(name: name, status: status)
            if let mark = marks[directory.item(of: status.identity)] {
                if holds(mark.place, entry, in: directory) {
                    entry.mark = mark
                } else if mark.name == name, mark.place.offset > 0 {
                    truncated.append(mark)
                }
            }
            entries.append(entry)
        }
        if truncated.isEmpty { return entries }
        for index in entries.indices where entries[index].mark == nil {
            let entry = entries[index]
            let original = truncated.first { mark in
                // A copy was made after the last look, and may have kept the time of what it is a copy of.
                entry.status.modified >= mark.modified && FileResumption.isRotated(entry.name, from: mark.name)
                    && holds(mark.place, entry, in: directory, ofOther: true)
            }
            guard let original else { continue }
            entries[index].mark = FileMark(
                item: directory.item(of: entry.status.identity),
                name: original.name,
                identity: entry.status.identity,
                place: original.place,
                modified: entry.status.modified
            )
        }
        return entries
    }

    /// Whether a file has what was read up to a place.
    ///
    /// - Parameter isOther: whether it was read of another file.
    private func holds(
        _ place: FilePlace,
        _ entry: FileEntry,
        in directory: FileDirectory,
        ofOther isOther: Bool = false
    ) -> Bool {
        guard case .opened(let reader) = directory.attempt(entry.name, lineLimit: lineLimit, start: .place(place))
        else { return false }
        return reader.identity == entry.status.identity && reader.holdsItsPlace(ofOther: isOther)
    }
}
