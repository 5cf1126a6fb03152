import NIOCore

/// What a compressed stream has to know to end well: the checksum and length of its plain bytes so far (RFC 1952 §2.3.1).
///
/// A value of eight bytes, held by the stream's outlet. The stream has begun with ``opening``.
package struct GzipMember {
    private var crc: UInt32
    /// Modulo 2^32, as the format has it.
    private var length: UInt32

    /// For a stream that was sent its opening.
    package init() {
        self.crc = 0
        self.length = 0
        if let digest = Self.opening.digest { self.add(digest) }
    }

    /// Takes note of a frame that is sent.
    package mutating func add(_ digest: FrameDigest) {
        self.crc = digest.joined(behind: self.crc)
        self.length &+= UInt32(truncatingIfNeeded: digest.length)
    }

    /// The last bytes of the stream, of which `last` is a frame that is not compressed yet.
    package func end(after last: Frame?) -> Frame {
        var member = self
        var bytes = ByteBuffer()
        if let last {
            var digest = PlainBytes()
            digest.add(last)
            bytes.writeStored(last.payload)
            member.add(digest.digest)
        }
        bytes.writeImmutableBuffer(Self.lastBlock)
        bytes.writeInteger(member.crc, endianness: .little)
        bytes.writeInteger(member.length, endianness: .little)
        return Frame(compressed: bytes, digest: nil)
    }

    /// The header of a member (RFC 1952 §2.3): deflate, no flags, no time, no matter which system. And a comment.
    static let opening: Frame = {
        var bytes = ByteBuffer(bytes: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
        return stored(Frame.heartbeat, behind: &bytes)
    }()

    /// A comment, coded once for all.
    static let heartbeat: Frame = {
        var bytes = ByteBuffer()
        return stored(Frame.heartbeat, behind: &bytes)
    }()

    /// The final block, of fixed codes and empty (RFC 1951 §3.2.3).
    private static let lastBlock = ByteBuffer(bytes: [0x03, 0x00])

    private static func stored(_ frame: Frame, behind bytes: inout ByteBuffer) -> Frame {
        var plain = PlainBytes()
        plain.add(frame)
        bytes.writeStored(frame.payload)
        return Frame(compressed: bytes, digest: plain.digest)
    }
}

extension ByteBuffer {
    /// Writes bytes as they are, as blocks that aren't final (RFC 1951 §3.2.4). What stands before must end with a byte.
    mutating func writeStored(_ bytes: ByteBuffer) {
        var rest = bytes
        while rest.readableBytes > 0 {
            let length = UInt16(min(rest.readableBytes, Int(UInt16.max)))
            self.writeInteger(UInt8(0))
            self.writeInteger(length, endianness: .little)
            self.writeInteger(~length, endianness: .little)
            if var block = rest.readSlice(length: Int(length)) { self.writeBuffer(&block) }
        }
    }
}
