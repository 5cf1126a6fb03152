/// What the journal of renames says, applied to the generations that are not open yet.
extension FileTrail {
    /// Applies one record; false if it concerned no generation.
    func apply(_ record: FileRenameRecord) -> Bool {
        switch record.kind {
        case .appeared:
            return appeared(record)
        case .left:
            guard let index = index(of: record) else { return false }
            generations[index].name = nil
            generations[index].move = record.move
            return true
        case .deleted:
            guard let index = index(of: record) else { return false }
            generations[index].name = nil
            return true
        case .lost:
            forgetNames()
            return true
        }
    }

    private func appeared(_ record: FileRenameRecord) -> Bool {
        for index in generations.indices {
            if let attempted = generations[index].attemptedName, record.isOf(attempted) {
                generations[index].isDoubtful = true
            }
        }
        // What lay there is overlaid. (A busy directory costs no more than this comparison for each of its records.)
        let overlaid = index(of: record)
        if let overlaid { generations[overlaid].name = nil }

        let isBase = record.isOf(name)
        if record.move != 0, let moved = generations.firstIndex(where: { $0.move == record.move }) {
            generations[moved].move = nil
            generations[moved].name = Array(record.name)
            // Back at the path, it is the newest.
            if isBase { generations.append(generations.remove(at: moved)) }
            return true
        }
        if isBase { generations.append(FileGeneration(name: name)) }
        return isBase || overlaid != nil
    }

    /// Names may mean anything now. What is open stays; the rest is found again only if it lies at the name.
    private func forgetNames() {
        for index in generations.indices {
            generations[index].name = nil
            generations[index].move = nil
            generations[index].isDoubtful = true
        }
    }

    private func index(of record: FileRenameRecord) -> Int? {
        generations.firstIndex { generation in
            generation.name.map { record.isOf($0) } ?? false
        }
    }
}
