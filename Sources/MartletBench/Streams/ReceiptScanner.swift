#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Finds the markers in a stream's bytes, in whatever pieces they come, without parsing the events around them.
///
/// A parser would cost the load several times what a delivery costs it, on cores that it shares with the server.
struct ReceiptScanner {
    /// What lies behind a marker and can be skipped.
    let paddingBytes: Int
    /// The beginning of a marker whose rest has not come yet.
    private var carry: [UInt8] = []

    init(payloadBytes: Int) {
        self.paddingBytes = max(0, payloadBytes - Marker.byteCount)
    }

    /// What was found in between.
    enum Finding {
        case marker(Marker)
        /// The server says that updates are missing.
        case gap
    }

    mutating func scan(_ bytes: UnsafeRawBufferPointer, _ found: (Finding) -> Void) {
        guard !self.carry.isEmpty else { return self.scan(bytes, from: 0, found) }
        let taken = min(Marker.byteCount - self.carry.count, bytes.count)
        let begun = self.carry + bytes[..<taken]
        guard begun.count == Marker.byteCount else {
            self.carry = begun
            return
        }
        self.carry = []
        if let marker = begun.withUnsafeBytes({ bytes in bytes.baseAddress.flatMap(Marker.read) }) {
            found(.marker(marker))
            self.scan(bytes, from: taken, found)
        } else {
            // Only its tilde is of no use.
            (Array(begun[1...]) + bytes[taken...]).withUnsafeBytes { bytes in self.scan(bytes, from: 0, found) }
        }
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer, from start: Int, _ found: (Finding) -> Void) {
        guard let base = bytes.baseAddress else { return }
        var place = start
        while place < bytes.count {
            let left = bytes.count - place
            guard let hit = memchr(base + place, CInt(Marker.start), left) else {
                if Self.holdsGap(base + place, left) { found(.gap) }
                return
            }
            let start = UnsafeRawPointer(hit) - base
            if Self.holdsGap(base + place, start - place) { found(.gap) }
            guard bytes.count - start >= Marker.byteCount else {
                self.carry = Array(bytes[start...])
                return
            }
            if let marker = Marker.read(base + start) {
                found(.marker(marker))
                place = start + Marker.byteCount + self.paddingBytes
            } else {
                place = start + 1
            }
        }
    }

    /// What is shorter than this is an id, an event's type and its frame, and holds no gap.
    private static let shortestGap = 64

    private static func holdsGap(_ bytes: UnsafeRawPointer, _ count: Int) -> Bool {
        guard count >= self.shortestGap else { return false }
        let name: StaticString = "martlet:gap"
        var place = 0
        while let hit = memchr(bytes + place, CInt(UInt8(ascii: "m")), count - place) {
            place = UnsafeRawPointer(hit) - bytes
            guard count - place >= name.utf8CodeUnitCount else { return false }
            if memcmp(hit, name.utf8Start, name.utf8CodeUnitCount) == 0 { return true }
            place += 1
        }
        return false
    }
}
