import MartletRedis
import Testing

// One case at a time, so that these take one thread of those that other tests run on.
@Suite("RESPDecoder fed with anything", .serialized)
struct RESPDecoderFuzzTests {
    private static let seeds = RESPSamples.frames.map { Array($0.bytes.utf8) }
    private static let pieces = [
        "\r", "\n", "\r\n", "*", "%", "|", ">", "~", "$", "!", "=", ":", "-", "+", ",", "(", "#", "_", "1", "9", "0",
        "-1",
        "\r\n\r\n", "*1\r\n", "|1\r\n", "inf", "t", ".", "e", "\u{FF}", "99999999999999999999", "$2\r\n", "*9\r\n",
    ].map { Array($0.utf8) }

    /// Valid frames with something in them changed, added, cut out or doubled.
    private static func stream(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            bytes += self.seeds[Int.random(in: 0..<self.seeds.count, using: &generator)]
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2:
                let piece = self.pieces[Int.random(in: 0..<self.pieces.count, using: &generator)]
                bytes.insert(contentsOf: piece, at: place)
            case 3:
                bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...4, using: &generator)))
                if bytes.isEmpty { return [] }
            default:
                let end = min(bytes.count, place + Int.random(in: 1...12, using: &generator))
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            }
        }
        return bytes
    }

    @Test("agrees with the reference on 100,000 changed streams, wherever they are cut", arguments: 0..<10)
    func agreesWithReference(seed: Int) async {
        var generator = SeededGenerator(seed: seed)
        for turn in 0..<10_000 {
            // Other tests wait for servers, and should not wait for this one.
            if turn.isMultiple(of: 20) { await Task.yield() }
            let bytes = Self.stream(using: &generator)
            let whole = RESPOutcome([bytes[...]])
            let single = turn.isMultiple(of: 4) ? RESPOutcome(bytes.indices.map { bytes[$0...$0] }) : whole
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            let halves = RESPOutcome([bytes[..<cut], bytes[cut...]])
            let expected = RESPReference.outcome(of: bytes)
            let agree =
                whole.values == expected.values && (whole.error != nil) == expected.isMalformed && whole == single
                && whole == halves
            #expect(agree, "\(bytes) gives \(whole), not \(expected)")
        }
    }

    @Test("passes the same limit at the same place, wherever a stream is cut", arguments: 0..<4)
    func limitsDoNotDependOnPieces(seed: Int) async {
        var generator = SeededGenerator(seed: 1000 + seed)
        for turn in 0..<2_500 {
            if turn.isMultiple(of: 20) { await Task.yield() }
            let bytes = Self.stream(using: &generator)
            var limits = RESPDecoder.Limits()
            limits.lineBytes = Int.random(in: 1...12, using: &generator)
            limits.bulkBytes = Int.random(in: 0...8, using: &generator)
            limits.elements = Int.random(in: 0...5, using: &generator)
            limits.depth = Int.random(in: 0...3, using: &generator)
            limits.replyBytes = Int.random(in: 4...40, using: &generator)
            let whole = RESPOutcome([bytes[...]], limits: limits)
            let single = RESPOutcome(bytes.indices.map { bytes[$0...$0] }, limits: limits)
            #expect(whole == single, "\(bytes) \(limits)")
        }
    }
}
