/// One of the files that lay, one after the other, at the followed path.
///
/// Until it is open its name is followed through the journal of renames, so that one that was rotated away before it
/// was opened is opened under its present name. Once it is open its names no longer matter.
struct FileGeneration {
    /// What came of opening it under a name, before it is known that the name still meant this generation.
    enum Attempt {
        case opened(FileReader)
        /// Nothing is there, or nothing that can be read as a file.
        case nothing
        case refused(FileErrno)
    }

    /// Where in the directory it lies now; nil when it left, was deleted or overlaid, and when it is open.
    var name: [UInt8]?
    /// It has left its name by the move of this number, and hasn't arrived yet.
    var move: UInt32?
    var attempt: Attempt?
    /// The name used by `attempt`.
    var attemptedName: [UInt8]?
    /// Something appeared at that name in the same round, so what was opened may be either.
    var isDoubtful = false
    /// Opening it failed at this look; once a look is enough.
    var isRefused = false
    /// What of it is wanted.
    let start: FileStart
    var reader: FileReader?
    /// Since when a newer generation is open or no name is left for it, and it has not grown.
    var leaving: Duration?

    init(name: [UInt8], start: FileStart = .beginning) {
        self.name = name
        self.start = start
    }

    /// One that is open already.
    init(reader: FileReader) {
        self.reader = reader
        self.start = .beginning
    }

    var isWaiting: Bool { reader == nil && name != nil && !isRefused }
}
