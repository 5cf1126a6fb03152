import Martlet

/// The files that lie, one after the other, at one followed name, each a *generation*: what is read of one comes before
/// what is read of the next.
///
/// Owned by its `FileFollower`, as all of them are, with which it shares the directory, its journal and the intake. Three
/// things happen to it at a look:
/// 1. Resolving (`FileTrail+Resolving.swift`): what the journal says is applied, new generations are queued, and each is
///    opened under the name it has now, exactly; comparing what lies at the name with what is open covers whatever a
///    journal can't tell.
/// 2. Reading (`FileTrail+Reading.swift`): from the oldest generation on, always to its end before the next.
/// 3. Giving up: a generation that was replaced or deleted stays open until it has not grown for the grace time, because
///    a writer may still hold it. Its unfinished last line is then delivered as it is. If it lies at another followed
///    name by then, that name's trail goes on with it instead.
final class FileTrail {
    /// Descriptors open at once, at most. A storm of rotations is worked through in portions of this size, and what was
    /// replaced is then given up as soon as it is read, without grace.
    static let maximumOpen = 32

    let name: [UInt8]
    let topic: Topic
    unowned let follower: FileFollower
    /// The oldest first.
    var generations: [FileGeneration] = []
    /// What lay at the name when that was looked at last, if it was a file.
    var present: FileIdentity?
    /// When to compare again what lies at the name with what is open.
    var nextComparison: Duration = .zero

    init(name: [UInt8], topic: Topic, follower: FileFollower) {
        self.name = name
        self.topic = topic
        self.follower = follower
    }

    var hasRoom: Bool { generations.count { $0.reader != nil } < Self.maximumOpen }
    var newestOpen: Int? { generations.lastIndex { $0.reader != nil } }
    var isOpen: Bool { newestOpen != nil }
    var isUnsettled: Bool { generations.contains { $0.reader == nil } }

    /// Nothing is left to be read, and nothing lies at the name that could be.
    var isOver: Bool { generations.isEmpty && present == nil }

    func note(_ problem: FileProblem) { follower.note(problem, of: name) }
}
