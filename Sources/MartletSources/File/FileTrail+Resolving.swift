/// Finding the generations and opening them.
///
/// To open a generation exactly: drain the journal, open under the present name, settle the journal and drain it again.
/// What was opened is the generation unless something *appeared* at that name meanwhile; that the name was left
/// meanwhile only proves that the opening came before. If it is in doubt, it is closed and opened anew in another round.
extension FileTrail {
    /// Rounds in one look, at most: without end only while names keep being shifted faster than files are opened.
    private static let maximumRounds = 1_000

    func resolve(now: Duration) {
        for index in generations.indices { generations[index].isRefused = false }
        guard let directory = follower.directory else { return }
        var mayCompare = isUnsettled || now >= nextComparison
        if mayCompare { nextComparison = now + follower.timeBetweenComparisons }
        for _ in 0..<Self.maximumRounds {
            if openNext(in: directory) || generations.contains(where: { $0.move != nil }) {
                // Of a move that begins after settling, the drain may see only the first half.
                let moves = Set(generations.compactMap(\.move))
                directory.journal.settle()
                follower.drainJournal()
                concludeAttempt(settledMoves: moves)
                if hasRoom && generations.contains(where: { $0.isWaiting || $0.move != nil }) {
                    follower.drainJournal()
                    continue
                }
            }
            guard mayCompare, let found = compareWithName(in: directory, now: now) else { break }
            // A file system whose numbers for a path and for the open file differ would else be asked forever.
            if found { mayCompare = false }
            follower.drainJournal()
        }
        markLeaving(now: now)
    }

    /// Tries to open the oldest waiting generation; false if there is none, or no room for it. Only one at a time, so
    /// that little can happen meanwhile: names that are shifted without pause would leave a longer look in doubt forever.
    private func openNext(in directory: FileDirectory) -> Bool {
        guard hasRoom, let index = generations.firstIndex(where: \.isWaiting),
            let name = generations[index].name
        else { return false }
        generations[index].attempt = directory.attempt(
            name,
            lineLimit: follower.lineLimit,
            start: generations[index].start
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
            let mayStay = isGone && generation.attemptedName == self.name && generation.start == .beginning
            guard isExact || mayStay else { return !isGone }
            // Under another name it is being read already.
            if let holder = follower.holders[reader.identity], holder !== self {
                present = reader.identity
                return false
            }
            generation.reader = reader
            // One that came back is merged with what is open of it, and is where that is.
            if follower.holders.updateValue(self, forKey: reader.identity) == nil {
                follower.intake.mark(reader, at: reader.place, in: self)
            }
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

    /// Compares what lies at the name with what is open; nil if there is nothing to do, true if a generation was queued
    /// by this comparison alone.
    private func compareWithName(in directory: FileDirectory, now: Duration) -> Bool? {
        present = nil
        do throws(FileErrno) {
            let status = try directory.status(of: name)
            if status.isRegular {
                present = status.identity
            } else {
                note(status.isDirectory ? .directory : .notRegular)
            }
            if let newestOpen, let reader = generations[newestOpen].reader, reader.identity == status.identity {
                if follower.pattern.isGlob, !reader.isDeleted { generations[newestOpen].leaving = nil }
                return nil
            }
            guard status.isRegular, !generations.contains(where: { $0.name == name }) else {
                markVanished(now: now)
                return nil
            }
            if let holder = follower.holders[status.identity], holder !== self {
                markVanished(now: now)
                return nil
            }
        } catch {
            if !error.isMissing { note(.refused(error)) }
            markVanished(now: now)
            return nil
        }
        // The journal knows better, if this was a rename.
        directory.journal.settle()
        if follower.drainJournal() { return false }
        generations.append(FileGeneration(name: name))
        return true
    }

    /// Of many files one that was renamed is let go after the grace time, as one that was deleted. If only one is
    /// followed, it is read until there is another in its place.
    private func markVanished(now: Duration) {
        guard follower.pattern.isGlob, let newestOpen, generations[newestOpen].leaving == nil else { return }
        generations[newestOpen].leaving = now
    }

    private func markLeaving(now: Duration) {
        guard let newest = newestOpen else { return }
        for index in 0..<newest where generations[index].leaving == nil { generations[index].leaving = now }
    }
}
