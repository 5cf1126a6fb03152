#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One open generation of a followed file: its descriptor, how far it has been read, and its unfinished line.
///
/// Owned by its `FileTrail`; the descriptor is closed with it.
///
/// A truncated file is read again from its start. It is recognised by being shorter than what was read of it, or by no
/// longer holding, before the place reached, the bytes that were read there: so also when it was truncated and has
/// outgrown that place between two looks. Only a file rewritten with the very same bytes goes unnoticed.
/// The unfinished line of a truncated file is emitted as it is, since its rest is gone.
final class FileReader {
    enum Progress {
        /// Something was read; there may be more.
        case advanced
        /// All there is now has been read.
        case end
        case failed(FileErrno)
    }

    /// How many bytes before the place reached are compared at each read.
    static let footprintLength = 64

    let identity: FileIdentity
    /// What the file is called among the bookmarks.
    let item: String
    private let descriptor: Int32
    private var splitter: FileLineSplitter
    /// Up to where it has been read.
    private var offset: Int64 = 0
    private var footprint: [UInt8] = []
    private var status: Result<FileStatus, FileErrno>
    /// When the file was modified, as of the last time that it was measured.
    private(set) var modified: FileTime
    /// The same, as of the last time that what was read of it was found unchanged.
    private var seen: FileTime?
    /// The file was truncated and nothing but NUL was read of it since.
    private var skipsHole = false
    /// Where in the file the buffer begins with which the last piece was read.
    private var bufferStart: Int64 = 0

    /// No name was left for the file when it was measured.
    var isDeleted: Bool { (try? status.get().isDeleted) ?? false }

    /// Takes over `descriptor`, of a regular file whose status is `status`.
    init(descriptor: Int32, status: FileStatus, item: String, lineLimit: Int, start: FileStart) {
        self.descriptor = descriptor
        self.identity = status.identity
        self.item = item
        self.status = .success(status)
        self.modified = status.modified
        self.splitter = FileLineSplitter(limit: lineLimit)
        switch start {
        case .beginning:
            break
        case .lastLines(let count):
            skip(toLastLines: count, size: status.size)
        case .place(let place):
            offset = place.offset
            footprint = place.footprint
            skipsHole = offset == 0
        }
    }

    deinit { close(descriptor) }

    /// Asks how much there is to be read; `readPiece` reads no further.
    func measure() {
        do throws(FileErrno) {
            let status = try FileStatus(descriptor: descriptor)
            self.status = .success(status)
            modified = status.modified
        } catch {
            status = .failure(error)
        }
    }

    /// The place up to which it has been read.
    var place: FilePlace { FilePlace(offset: offset, footprint: footprint) }

    /// The place after a line that was emitted, while `buffer` still holds the piece that it was emitted from.
    func place(at end: Int64, in buffer: UnsafeMutableRawBufferPointer) -> FilePlace {
        if end == offset { return place }
        if end == 0 { return .beginning }
        let before = buffer[..<Int(end - bufferStart)]
        return FilePlace(offset: end, footprint: Array(before.suffix(Self.footprintLength)))
    }

    /// Reads the next piece through `buffer`, which holds `footprintLength` bytes more than a piece. Each line is emitted
    /// with the offset of its end.
    func readPiece(through buffer: UnsafeMutableRawBufferPointer, emit: (String, Int64) -> Void) -> Progress {
        do throws(FileErrno) {
            let status = try status.get()
            if status.size < offset { return restart(emit: emit) }
            if status.size == offset && status.modified == seen { return .end }

            let start = offset - Int64(footprint.count)
            let wanted = Int(min(status.size - start, Int64(buffer.count)))
            let count = try read(at: start, UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            guard continues(bytes) else { return restart(emit: emit) }
            let piece = UnsafeRawBufferPointer(rebasing: bytes[footprint.count...])
            if piece.isEmpty {
                seen = status.modified
                return .end
            }
            offset += Int64(piece.count)
            footprint = Array(bytes.suffix(Self.footprintLength))
            bufferStart = start
            let text = withoutHole(piece)
            let textStart = offset - Int64(text.count)
            splitter.push(text, emitWithEnd: { line, end in emit(line, textStart + Int64(end)) })
            return .advanced
        } catch {
            return .failed(error)
        }
    }

    /// Emits the unfinished line, for when the file is given up.
    func finish(emit: (String, Int64) -> Void) {
        if let line = splitter.flushPartial() { emit(line, offset) }
    }

    private func restart(emit: (String, Int64) -> Void) -> Progress {
        let unfinished = splitter.flushPartial()
        offset = 0
        footprint = []
        skipsHole = true
        if let unfinished { emit(unfinished, 0) }
        return .advanced
    }

    /// Whether the file holds what was read of it, up to the place it begins at.
    ///
    /// - Parameter isOther: whether it was read of another file, of which this may be a copy: then a hole is none of that.
    func holdsItsPlace(ofOther isOther: Bool = false) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: Self.footprintLength, alignment: 1) { buffer in
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<footprint.count])
            guard let count = try? read(at: offset - Int64(footprint.count), wanted) else { return false }
            let found = UnsafeRawBufferPointer(rebasing: wanted[..<count])
            return isOther ? found.elementsEqual(footprint) : continues(found)
        }
    }

    /// Whether the file still holds what was read of it. NULs in place of that are the hole that a writer without
    /// O_APPEND leaves when its file is truncated under it: it goes on where it was, and so must its reader.
    private func continues(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= footprint.count else { return false }
        let before = bytes.prefix(footprint.count)
        return before.elementsEqual(footprint) || before.allSatisfy { $0 == 0 }
    }

    /// The same hole, when the truncation was seen before that writer wrote again: what is after it counts.
    private func withoutHole(_ piece: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard skipsHole else { return piece }
        guard let first = piece.firstIndex(where: { $0 != 0 }) else {
            return UnsafeRawBufferPointer(rebasing: piece[..<0])
        }
        skipsHole = false
        return UnsafeRawBufferPointer(rebasing: piece[first...])
    }

    /// Goes back by so many lines from the end of the file, but no further than `FileStart.reach`.
    ///
    /// What is unfinished at the end is no line yet: it becomes one event when its end is written. If it is longer than
    /// a line may be, or than that reach, what is there of it is passed over.
    private func skip(toLastLines count: Int, size: Int64) {
        offset = size
        let reach = count > 0 ? max(FileStart.reach, splitter.limit + 1) : splitter.limit + 1
        let length = Int(min(size, Int64(reach)))
        guard length > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: length, alignment: 1) { buffer in
            guard let got = try? read(at: size - Int64(length), buffer), got == length else { return }
            var begin = length
            var rest = buffer[...]
            for wanted in (0...count).reversed() {
                guard let lineFeed = rest.lastIndex(of: UInt8(ascii: "\n")) else {
                    if size == Int64(length) { begin = 0 }
                    break
                }
                begin = lineFeed + 1
                rest = rest[..<lineFeed]
                if wanted == 0 { break }
            }
            offset -= Int64(length - begin)
            footprint = Array(buffer[..<begin].suffix(Self.footprintLength))
        }
    }

    private func read(at position: Int64, _ buffer: UnsafeMutableRawBufferPointer) throws(FileErrno) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(position))
            if count >= 0 { return count }
            if errno != EINTR { throw FileErrno(code: errno) }
        }
    }
}

/// Where the reading of a file begins.
enum FileStart: Equatable {
    /// How far back it looks for the last lines, in bytes, or as far as one line may be long.
    static let reach = 1 << 20

    case beginning
    /// So many lines before the end.
    case lastLines(Int)
    /// Where it was left, if the file still is the same there; else at its beginning.
    case place(FilePlace)
}
