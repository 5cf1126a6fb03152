#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One open generation of a followed file: its descriptor, how far it has been read, and its unfinished line.
///
/// Owned by its `FileFollower`; the descriptor is closed with it.
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
    private let descriptor: Int32
    private var splitter: FileLineSplitter
    private var offset: Int64 = 0
    private var footprint: [UInt8] = []
    private var status: Result<FileStatus, FileErrno>
    /// When the file was modified, as of the last time that what was read of it was found unchanged.
    private var seen: (Int64, Int64) = (0, 0)
    /// The file was truncated and nothing but NUL was read of it since.
    private var skipsHole = false

    /// No name was left for the file when it was measured.
    var isDeleted: Bool { (try? status.get().isDeleted) ?? false }

    /// Takes over `descriptor`, of a regular file whose status is `status`.
    init(descriptor: Int32, status: FileStatus, lineLimit: Int, startsAtEnd: Bool) {
        self.descriptor = descriptor
        self.identity = status.identity
        self.status = .success(status)
        self.splitter = FileLineSplitter(limit: lineLimit)
        if startsAtEnd { skipToLastLine(size: status.size, lineLimit: lineLimit) }
    }

    deinit { close(descriptor) }

    /// Asks how much there is to be read; `readPiece` reads no further.
    func measure() {
        do throws(FileErrno) {
            status = .success(try FileStatus(descriptor: descriptor))
        } catch {
            status = .failure(error)
        }
    }

    /// Reads the next piece through `buffer`, which holds `footprintLength` bytes more than a piece.
    func readPiece(through buffer: UnsafeMutableRawBufferPointer, emit: (String) -> Void) -> Progress {
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
            splitter.push(withoutHole(piece), emit: emit)
            return .advanced
        } catch {
            return .failed(error)
        }
    }

    /// Emits the unfinished line, for when the file is given up.
    func finish(emit: (String) -> Void) {
        if let line = splitter.flushPartial() { emit(line) }
    }

    private func restart(emit: (String) -> Void) -> Progress {
        finish(emit: emit)
        offset = 0
        footprint = []
        skipsHole = true
        return .advanced
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

    /// Goes to the beginning of the last line if that is unfinished, so that it becomes one event when its end is
    /// written; to the end of the file if it is finished, or longer than a line may be.
    private func skipToLastLine(size: Int64, lineLimit: Int) {
        offset = size
        let length = Int(min(size, Int64(lineLimit) + 1))
        guard length > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: length, alignment: 1) { buffer in
            guard let count = try? read(at: size - Int64(length), buffer), count == length else { return }
            var end = length
            if let lineFeed = buffer.lastIndex(of: UInt8(ascii: "\n")) {
                end = lineFeed + 1
            } else if size == Int64(length) {
                end = 0
            }
            offset -= Int64(length - end)
            footprint = Array(buffer[..<end].suffix(Self.footprintLength))
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
