import CZlib

/// What the plain bytes of a compressed frame come to: all that a stream needs to end with the checksum and the length of
/// everything it was sent (RFC 1952 §2.3.1).
///
/// One for all who are sent the frame, so what can be reckoned once is.
package final class FrameDigest: Sendable {
    let crc: UInt32
    /// In bytes.
    let length: Int
    /// The length, as joining checksums takes it.
    private let step: UInt

    init(crc: UInt32, length: Int) {
        self.crc = crc
        self.length = length
        self.step = martlet_crc32_step(length)
    }

    /// The checksum of what had the checksum `crc` with these bytes behind it.
    func joined(behind crc: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: martlet_crc32_join(UInt(crc), UInt(self.crc), self.step))
    }
}
