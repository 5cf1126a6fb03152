import ServerSentEvents
import Testing

@Suite("EventParser fed with anything")
struct EventParserFuzzTests {
    /// Pieces that make field names, line ends and broken text likely.
    private static let pieces: [[UInt8]] =
        [":", "\r", "\n", "\r\n", "\0", " ", "a", "d", "t", "e", "i", "v", "r", "y", "0", "9", "n"].map {
            Array($0.utf8)
        }
        + ["data", "data:", "data: ", "event:", "id:", "id", "retry:", "\n\n", "\r\r", "\n", "\r", ":", "\u{301}", "é"]
        .map { Array($0.utf8) }
        + [[0xEF, 0xBB, 0xBF], [0xEF], [0xBB], [0xBF], [0xFF], [0xF0, 0x9D], [0x8D], [0x8A]]

    private static func stream(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = Int.random(in: 0..<8, using: &generator) == 0 ? [0xEF, 0xBB, 0xBF] : []
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            bytes += pieces[Int.random(in: 0..<pieces.count, using: &generator)]
        }
        return bytes
    }

    @Test("agrees with the reference, wherever the stream is cut", arguments: 0..<20)
    func agreesWithReference(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let bytes = Self.stream(using: &generator)
            let id = Bool.random(using: &generator) ? "" : "before"
            let expected = ReferenceParser.outcome(of: bytes, lastEventID: id)
            let random = bytes.randomSplit(using: &generator)
            let outcomes = [[bytes[...]], bytes.byteByByte, random].map { Outcome(parsing: $0, lastEventID: id) }
            // One expectation a stream: twenty thousand times three would be most of the time.
            let agree = outcomes.allSatisfy { $0 == expected }
            #expect(agree, "\(bytes) gives \(outcomes), not \(expected)")
        }
    }

    @Test("passes the same limit at the same item, wherever the stream is cut", arguments: 0..<5)
    func limitsDoNotDependOnChunks(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let bytes = Self.stream(using: &generator)
            let limits = EventParser.Limits(
                maxLineBytes: Int.random(in: 0...20, using: &generator),
                maxEventBytes: Int.random(in: 0...8, using: &generator)
            )
            let whole = Outcome(parsing: [bytes[...]], limits: limits)
            let random = Outcome(parsing: bytes.randomSplit(using: &generator), limits: limits)
            let single = Outcome(parsing: bytes.byteByByte, limits: limits)
            #expect(whole == random && whole == single, "\(bytes) \(limits)")
        }
    }

    @Test("finds every line end in long lines", arguments: 0..<5)
    func longLines(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let near: [UInt8] = [0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x09, 0x00, 0x8A, 0x8D, 0xFF]
        for _ in 0..<50 {
            var bytes: [UInt8] = []
            for _ in 0..<20 {
                bytes += "data: ".utf8
                for _ in 0..<Int.random(in: 0...150, using: &generator) {
                    // Mostly bytes that differ from CR and LF in one bit or by one.
                    bytes.append(near[Int.random(in: 1..<near.count, using: &generator)])
                }
                bytes += [0x0A, 0x0A]
            }
            let expected = ReferenceParser.outcome(of: bytes)
            let agree =
                Outcome(parsing: [bytes[...]]) == expected
                && Outcome(parsing: bytes.randomSplit(using: &generator)) == expected
            #expect(agree, "\(bytes)")
        }
    }
}
