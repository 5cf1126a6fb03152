/// Finding the generations and opening them.
///
/// To open a generation exactly: drain the journal, open under the present name, settle the journal and drain it again.
/// What was opened is the generation unless something *appeared* at that name meanwhile; that the name was left
/// meanwhile only proves that the opening came before. If it is in doubt, it is closed and opened anew in another round.
extension FileFollower {
    /// Rounds in one look, at most: without end only while names keep being shifted faster than files are opened.
    private static let maximumRounds = 1_000

    func resolve(now: Duration) {
        for index in generations.indices { generations[index].isRefused = false }
        guard directory != nil || openDirectory() else { return }
        var mayCompare = true
        for _ in 0..<Self.maximumRounds {
            drainJournal()
            if openNext() || generations.contains(where: { $0.move != nil }) {
                // Of a move that begins after settling, the drain may see only the first half.
                let moves = Set(generations.compactMap(\.move))
                directory?.journal.settle()
                drainJournal()
                concludeAttempt(settledMoves: moves)
                if hasRoom && generations.contains(where: { $0.isWaiting || $0.move != nil }) { continue }
            }
            guard mayCompare, let found = compareWithPath() else { break }
            // A file system whose numbers for a path and for the open file differ would else be asked forever.
            if found { mayCompare = false }
        }
        markLeaving(now: now)
    }

    var hasRoom: Bool { generations.count { $0.reader != nil } < Self.maximumOpen }

    /// Opens the directory, and queues what may lie at the path.
    private func openDirectory() -> Bool {
        let startsAtEnd = !hasStarted
        hasStarted = true
        do throws(FileErrno) {
            let opened = try FileDirectory(path: directoryPath, openJournal: openJournal)
            directory = opened
            if let error = opened.unwatched, error != unwatched {
                report(FileProblem.unwatched(path: path, error: error))
            }
            unwatched = opened.unwatched
            generations.append(FileGeneration(name: baseName, startsAtEnd: startsAtEnd))
            return true
        } catch {
            note(.directoryMissing(error))
            return false
        }
    }

    /// Tries to open the oldest waiting generation; false if there is none, or no room for it. Only one at a time, so
    /// that little can happen meanwhile: names that are shifted without pause would leave a longer look in doubt forever.
    private func openNext() -> Bool {
        guard let directory, hasRoom, let index = generations.firstIndex(where: \.isWaiting),
            let name = generations[index].name
        else { return false }
        generations[index].attempt = directory.attempt(
            name,
            lineLimit: lineLimit,
            startsAtEnd: generations[index].startsAtEnd
        )
        generations[index].attemptedName = name
        return true
    }

    /// Decides what the attempt came to, now that the journal says what happened meanwhile, and drops what has no name.
    private func concludeAttempt(settledMoves: Set<UInt32>) {
        var index = 0
        while index < generations.count {
            // Both halves of a move within the directory are in a settled journal: without the second, it left.
            if let move = generations[index].move, settledMoves.contains(move) { generations[index].move = nil }
            if conclude(&generations[index]) {
                index = mergeIfKnown(index) + 1
            } else {
                generations.remove(at: index)
            }
        }
    }

    /// False if the generation is gone.
    private func conclude(_ generation: inout FileGeneration) -> Bool {
        defer {
            generation.attempt = nil
            generation.attemptedName = nil
            generation.isDoubtful = false
        }
        if generation.reader != nil { return true }
        let isGone = generation.name == nil && generation.move == nil
        let isExact = !generation.isDoubtful
        switch generation.attempt {
        case .opened(let reader):
            // One that left the path and lost its name too can't be opened again. What was opened for it lay at the
            // path then: if it isn't this generation it is a later one, which `mergeIfKnown` notices.
            let mayStay = isGone && generation.attemptedName == baseName && !generation.startsAtEnd
            guard isExact || mayStay else { return !isGone }
            generation.reader = reader
            generation.name = nil
            generation.move = nil
            return true
        case .nothing:
            return !isGone && !(isExact && generation.name == generation.attemptedName)
        case .refused(let error):
            if !isGone && isExact && generation.name == generation.attemptedName {
                generation.isRefused = true
                note(.refused(error))
            }
            return !isGone
        case nil:
            return !isGone
        }
    }

    /// A file that came back to the path is a generation already open: it goes on where it was read to, as the later of
    /// the two. Answers the last index that is done.
    private func mergeIfKnown(_ index: Int) -> Int {
        guard let reader = generations[index].reader else { return index }
        let twin = generations.indices.first {
            $0 != index && generations[$0].reader?.identity == reader.identity
        }
        guard let twin else { return index }
        let (earlier, later) = (min(twin, index), max(twin, index))
        // The one at `index` was opened just now, unless both were; then nothing was read of either.
        var kept = generations[twin]
        kept.leaving = nil
        generations[later] = kept
        generations.remove(at: earlier)
        return index - 1
    }

    /// Compares what lies at the path with what is open; nil if there is nothing to do, true if a generation was queued
    /// by this comparison alone.
    private func compareWithPath() -> Bool? {
        do throws(FileErrno) {
            let status = try FileStatus(path: path)
            if !status.isRegular { note(status.isDirectory ? .directory : .notRegular) }
            if let newestOpen, generations[newestOpen].reader?.identity == status.identity { return nil }
            if directoryWasReplaced() { return reopenDirectory() ? false : nil }
            guard status.isRegular, !generations.contains(where: { $0.name == baseName }) else { return nil }
        } catch {
            if directoryWasReplaced() { return reopenDirectory() ? false : nil }
            if !error.isMissing { note(.refused(error)) }
            return nil
        }
        // The journal knows better, if this was a rename.
        directory?.journal.settle()
        if drainJournal() { return false }
        generations.append(FileGeneration(name: baseName))
        return true
    }

    private func directoryWasReplaced() -> Bool {
        guard let current = try? FileStatus(path: directoryPath).identity else { return true }
        return current != directory?.identity
    }

    /// Those that wait for room in the old directory come first.
    private func reopenDirectory() -> Bool {
        if generations.contains(where: \.isWaiting) { return false }
        generations.removeAll { $0.reader == nil }
        directory = nil
        return openDirectory()
    }

    private func markLeaving(now: Duration) {
        guard let newest = newestOpen else { return }
        for index in 0..<newest where generations[index].leaving == nil { generations[index].leaving = now }
    }
}
