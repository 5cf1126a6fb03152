/// Reading the open generations, and giving them up.
extension FileTrail {
    /// Reads one piece of the oldest generation that has one; false when all are read to their ends.
    ///
    /// After a rotation a writer may go on in the old file for a while and then change to the new one, at any moment of
    /// this. So all are measured first, from the newest to the oldest, and then read from the oldest to the newest, each
    /// only up to its measure: what is read of one was written before what is read of the next.
    func readPiece(now: Duration) -> Bool {
        for generation in generations.reversed() { generation.reader?.measure() }
        for index in generations.indices {
            // One that could not be opened yet comes before those after it; one that can't be is passed over.
            guard let reader = generations[index].reader else {
                if generations[index].isRefused { continue }
                return false
            }
            let intake = follower.intake
            let progress = reader.readPiece(through: intake.buffer) { line, end in
                intake.append(line, endingAt: end, of: reader, in: self)
            }
            switch progress {
            case .advanced:
                if generations[index].leaving != nil { generations[index].leaving = now }
                return true
            case .end:
                if reader.isDeleted && generations[index].leaving == nil { generations[index].leaving = now }
            case .failed(let error):
                note(.unreadable(error))
            }
        }
        return false
    }

    /// Gives up those read to their ends that were replaced, so that waiting ones can be opened.
    func makeRoom() -> Bool {
        guard !hasRoom, generations.contains(where: \.isWaiting), let newest = newestOpen, newest > 0 else {
            return false
        }
        return giveUp { index, generation in index < newest && generation.reader != nil }
    }

    /// Gives up what was replaced or deleted and has not grown for the grace time; false if there is none.
    func giveUp(now: Duration) -> Bool {
        giveUp { _, generation in generation.leaving.map { now - $0 >= follower.grace } ?? false }
    }

    private func giveUp(where isDue: (Int, FileGeneration) -> Bool) -> Bool {
        guard generations.enumerated().contains(where: isDue) else { return false }
        var kept: [FileGeneration] = []
        for (index, generation) in generations.enumerated() {
            if isDue(index, generation) {
                if let reader = generation.reader { letGo(reader) }
            } else {
                kept.append(generation)
            }
        }
        generations = kept
        return true
    }

    private func letGo(_ reader: FileReader) {
        if let heir = follower.heir(of: reader.identity, besides: self) {
            heir.generations.append(FileGeneration(reader: reader))
            follower.holders[reader.identity] = heir
            return
        }
        follower.holders[reader.identity] = nil
        reader.finish { line, end in follower.intake.append(line, endingAt: end, of: reader, in: self) }
    }
}
