import CZlib
import NIOCore

/// Reckons the ``FrameDigest`` of bytes that come one after the other.
struct PlainBytes {
    private var crc: UInt32 = 0
    private(set) var length = 0

    /// A frame that is not compressed.
    mutating func add(_ frame: Frame) {
        frame.payload.withUnsafeReadableBytes { bytes in
            guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            self.crc = UInt32(truncatingIfNeeded: crc32_z(UInt(self.crc), base, bytes.count))
        }
        self.length += frame.payloadBytes
    }

    /// The plain bytes of one that is.
    mutating func add(_ digest: FrameDigest) {
        self.crc = digest.joined(behind: self.crc)
        self.length += digest.length
    }

    var digest: FrameDigest { FrameDigest(crc: self.crc, length: self.length) }
}
