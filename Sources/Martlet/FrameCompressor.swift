import NIOCore

/// Turns frames into what a compressed stream is sent of them: blocks (RFC 1951) that refer to nothing before them, so that
/// the same bytes go to everybody, wherever in his stream he is.
///
/// 1. A private frame is compressed by itself. Were it compressed together with what somebody else wrote, the length would
///    tell whether the two are alike (BREACH).
/// 2. Public ones are compressed together.
/// 3. What is too short to gain goes as it is, and so does what lies beyond a mebibyte in one frame: its loop has others.
///
/// A shard has one, which lives on its loop; a page of history has one while it is encoded off the loop.
final class FrameCompressor {
    /// Below this many bytes a block would hardly be shorter, and would cost its time.
    static let minBytes = 200
    /// Beyond this many bytes it is the time that counts.
    private static let maxThoroughBytes = 16 << 10
    /// So much of one frame takes some ten milliseconds.
    private static let maxFrameBytes = 1 << 20
    /// Beyond this the space for what comes out isn't kept.
    private static let maxKeptBytes = 256 << 10

    /// Made when first needed.
    private var deflaters: [Deflater?] = Array(repeating: nil, count: Deflater.Effort.allCases.count)
    private var output = ByteBuffer()

    /// Puts frames into one, compressed but for those that are already.
    ///
    /// - Parameter count: is increased by how often bytes were compressed.
    func frame(joining frames: [Frame], counting count: inout Int) -> Frame {
        precondition(!frames.isEmpty)
        self.output.clear()
        var plain = PlainBytes()
        var budget = Self.maxFrameBytes
        var rest = frames[...]
        while let first = rest.first {
            if let digest = first.digest {
                self.output.writeImmutableBuffer(first.payload)
                plain.add(digest)
                rest = rest.dropFirst()
                continue
            }
            let run = first.isPrivate ? rest.prefix(1) : rest.prefix { !$0.isPrivate && $0.digest == nil }
            let joined = Frame(joining: Array(run))
            plain.add(joined)
            if self.write(joined.payload, budget: &budget) { count += 1 }
            rest = rest[run.endIndex...]
        }
        let frame = Frame(compressed: self.output, digest: plain.digest)
        if self.output.capacity > Self.maxKeptBytes { self.output = ByteBuffer() }
        return frame
    }

    /// False if they are written as they are.
    private func write(_ bytes: ByteBuffer, budget: inout Int) -> Bool {
        guard bytes.readableBytes >= Self.minBytes, bytes.readableBytes <= budget,
            let deflater = self.deflater(bytes.readableBytes > Self.maxThoroughBytes ? .quick : .thorough)
        else {
            self.output.writeStored(bytes)
            return false
        }
        deflater.write(bytes, to: &self.output)
        budget -= bytes.readableBytes
        return true
    }

    private func deflater(_ effort: Deflater.Effort) -> Deflater? {
        if self.deflaters[effort.rawValue] == nil { self.deflaters[effort.rawValue] = Deflater(effort) }
        return self.deflaters[effort.rawValue]
    }
}

@available(*, unavailable)
extension FrameCompressor: Sendable {}
