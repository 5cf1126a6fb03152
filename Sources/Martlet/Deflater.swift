import CZlib
import NIOCore

/// zlib's compressor, for blocks that stand for themselves (RFC 1951): what comes out is whole, ends with a byte, and refers
/// to nothing that was compressed before.
///
/// Confined to whoever made it.
final class Deflater {
    /// How hard it looks for what repeats. Either takes 264 KiB.
    enum Effort: Int, CaseIterable {
        /// A tenth to a fifth less comes out, after up to twice the time. 16 KiB take a millisecond at worst.
        case thorough
        /// 128 KiB take half a millisecond, two if nothing repeats; with the other it would be up to nine.
        case quick

        fileprivate var level: CInt { self == .thorough ? 6 : 1 }
    }

    private static let windowBits: CInt = 15
    private static let memoryLevel: CInt = 8

    /// Memory that stays where it is: zlib holds a pointer to it.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil if there is no memory for it.
    init?(_ effort: Effort) {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        let code = deflateInit2_(
            self.stream,
            effort.level,
            Z_DEFLATED,
            // Negative: without a header and trailer of zlib's own.
            -Self.windowBits,
            Self.memoryLevel,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size)
        )
        guard code == Z_OK else { return nil }
    }

    deinit {
        deflateEnd(self.stream)
        self.stream.deallocate()
    }

    /// Compresses bytes and writes what comes of them.
    func write(_ bytes: ByteBuffer, to output: inout ByteBuffer) {
        bytes.withUnsafeReadableBytes { bytes in
            // zlib doesn't write to its input; its interface is older than `const`.
            self.stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.bindMemory(to: UInt8.self).baseAddress
            )
            self.stream.pointee.avail_in = CUnsignedInt(bytes.count)
            // All at once but for what zlib's own bound may leave out: the mark at the end.
            let room = Int(deflateBound(self.stream, UInt(bytes.count))) + 16
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
                    self.stream.pointee.next_out = memory.bindMemory(to: UInt8.self).baseAddress
                    self.stream.pointee.avail_out = CUnsignedInt(memory.count)
                    // Ends the block at a byte, and forgets everything (zlib.h).
                    _ = deflate(self.stream, Z_FULL_FLUSH)
                    return memory.count - Int(self.stream.pointee.avail_out)
                }
            } while self.stream.pointee.avail_out == 0
        }
        self.stream.pointee.next_in = nil
        self.stream.pointee.next_out = nil
    }
}

@available(*, unavailable)
extension Deflater: Sendable {}
