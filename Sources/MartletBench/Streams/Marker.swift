/// What a published payload begins with, so that whoever receives it knows when it was due, and whether one is missing.
///
/// On the wire it is `~`, 32 digits and a full stop: 16 digits of time, 4 of publisher, 12 of sequence. A tilde is rare
/// in what servers put around data, and needs no escape in a form, a JSON string or a line of an event.
struct Marker: Hashable, Sendable {
    /// When it was due, in nanoseconds of the system's monotonic clock, modulo ``timeRange``.
    var time: UInt64
    var publisher: Int
    /// From 0, per publisher and topic.
    var sequence: Int

    static let start = UInt8(ascii: "~")
    static let end = UInt8(ascii: ".")
    static let byteCount = 34
    static let timeRange: UInt64 = 10_000_000_000_000_000
    static let maxPublishers = 10_000

    /// How long ago it was due.
    func age(at now: UInt64) -> UInt64 {
        let now = now % Marker.timeRange
        return now >= self.time ? now - self.time : now + Marker.timeRange - self.time
    }

    /// Writes ``byteCount`` bytes.
    func write(to bytes: UnsafeMutablePointer<UInt8>) {
        bytes[0] = Marker.start
        Marker.write(self.time % Marker.timeRange, digits: 16, to: bytes + 1)
        Marker.write(UInt64(self.publisher), digits: 4, to: bytes + 17)
        Marker.write(UInt64(self.sequence), digits: 12, to: bytes + 21)
        bytes[33] = Marker.end
    }

    /// Reads the ``byteCount`` bytes that begin with a tilde; nil if they are no marker.
    @inline(__always)
    static func read(_ bytes: UnsafeRawPointer) -> Marker? {
        guard bytes.load(fromByteOffset: 33, as: UInt8.self) == Marker.end,
            let first = eightDigits(bytes + 1), let second = eightDigits(bytes + 9),
            let third = eightDigits(bytes + 17), let fourth = eightDigits(bytes + 25)
        else { return nil }
        return Marker(
            time: first &* 100_000_000 &+ second,
            publisher: Int(third / 10_000),
            sequence: Int(third % 10_000 &* 100_000_000 &+ fourth)
        )
    }

    static func write(_ value: UInt64, digits: Int, to bytes: UnsafeMutablePointer<UInt8>) {
        var value = value
        for place in stride(from: digits - 1, through: 0, by: -1) {
            bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
            value /= 10
        }
    }

    /// Eight digits in one go: neighbours are added up in pairs, the pairs in fours, the fours in eight.
    @inline(__always)
    private static func eightDigits(_ bytes: UnsafeRawPointer) -> UInt64? {
        let text = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        // The upper half of each byte is 3, also after 6 was added, which lifts what is above "9" out of it.
        let upper: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
        let lifted = (text &+ 0x0606_0606_0606_0606) & upper
        guard (text & upper) | (lifted >> 4) == 0x3333_3333_3333_3333 else { return nil }
        var value = text & 0x0F0F_0F0F_0F0F_0F0F
        value = value &* 10 &+ (value >> 8)
        let mask: UInt64 = 0x0000_00FF_0000_00FF
        return ((value & mask) &* 0x000F_4240_0000_0064 &+ ((value >> 16) & mask) &* 0x0000_2710_0000_0001) >> 32
    }
}
