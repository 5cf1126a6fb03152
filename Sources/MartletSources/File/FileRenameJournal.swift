#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What befell one name in a directory.
struct FileRenameRecord {
    enum Kind {
        /// Created, linked, or moved here (over what was there).
        case appeared
        /// Moved away.
        case left
        case deleted
        /// Records are missing from here on; has no name.
        case lost
    }

    let kind: Kind
    /// The bytes of the name; valid only while the record is visited.
    let name: UnsafeRawBufferPointer
    /// Joins the `left` and the `appeared` of one move; 0 if it is no move.
    let move: UInt32

    func isOf(_ other: [UInt8]) -> Bool {
        guard name.count == other.count, let bytes = name.baseAddress else { return false }
        return memcmp(bytes, other, name.count) == 0
    }
}

/// The journal of renames in a directory: says what befell its names, in order, since it was last drained.
protocol FileRenameJournal: AnyObject {
    func drain(_ visit: (FileRenameRecord) -> Void)

    /// Returns when every rename whose effect can be seen in the directory is in the journal.
    func settle()
}

/// The journal of a system that has none. Generations are then told apart by comparing the identity of what lies at the
/// path at each look: of several that came and went between two looks, only the last is seen.
final class NoFileRenameJournal: FileRenameJournal {
    func drain(_ visit: (FileRenameRecord) -> Void) {}
    func settle() {}
}
