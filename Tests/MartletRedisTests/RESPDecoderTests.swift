import MartletRedis
import NIOCore
import Testing

@Suite("RESPDecoder")
struct RESPDecoderTests {
    @Test("reads every type, wherever it is cut", arguments: RESPSamples.frames.map(\.bytes))
    func frames(text: String) throws {
        let bytes = Array(text.utf8)
        let expected = try #require(RESPSamples.frames.first { $0.bytes == text }?.notation)
        #expect(RESPOutcome(text).values == expected)
        #expect(RESPReference.outcome(of: bytes).values == expected)
        #expect(RESPOutcome(bytes.indices.map { bytes[$0...$0] }).values == expected)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let outcome = RESPOutcome([bytes[..<first], bytes[first..<second], bytes[second...]])
                let isRight = outcome.values == expected && outcome.error == nil
                #expect(isRight, "cut at \(first) and \(second): \(outcome)")
            }
        }
    }

    @Test("refuses what is malformed, and says why", arguments: RESPSamples.malformed.map(\.bytes))
    func malformed(text: String) throws {
        let says = try #require(RESPSamples.malformed.first { $0.bytes == text }?.says)
        for whole in [text, "+before\r\n" + text] {
            let outcome = RESPOutcome(whole)
            #expect(outcome.error?.code == .malformed)
            #expect(outcome.error?.message.contains(says) ?? false, "\(outcome)")
            #expect(RESPReference.outcome(of: Array(whole.utf8)).isMalformed)
        }
    }

    @Test func `goes on throwing after an error`() {
        var decoder = RESPDecoder()
        decoder.append(ByteBuffer(string: "?"))
        #expect(throws: RESPDecodingError.self) { try decoder.next() }
        decoder.append(ByteBuffer(string: "+OK\r\n"))
        #expect(throws: RESPDecodingError.self) { try decoder.next() }
    }

    @Test func `gives slices of what was read, not copies`() throws {
        let bytes = ByteBuffer(string: "*2\r\n$5\r\nhello\r\n+world\r\n")
        let storage = bytes.withUnsafeReadableBytes { $0.baseAddress }
        var decoder = RESPDecoder()
        decoder.append(bytes)
        let elements = try #require(try decoder.next()?.elements)
        let first = try #require(elements.first?.bytes).withUnsafeReadableBytes { $0.baseAddress }
        #expect(first == storage.map { $0 + 8 })
    }

    @Test func `what was given out stays as it was while more is read`() throws {
        var decoder = RESPDecoder()
        decoder.append(ByteBuffer(string: "$5\r\nfirst\r\n$6\r\nsec"))
        let first = try decoder.next()
        decoder.append(ByteBuffer(string: "ond\r\n$1\r\n"))
        let second = try decoder.next()
        decoder.append(ByteBuffer(string: "x\r\n"))
        #expect(first?.text == "first")
        #expect(second?.text == "second")
        #expect(try decoder.next()?.text == "x")
    }

    @Test func `reads text, numbers and pairs of both protocols`() throws {
        func token(_ text: String) throws -> RESPToken {
            var decoder = RESPDecoder()
            decoder.append(ByteBuffer(string: text))
            return try #require(try decoder.next())
        }
        #expect(try token("=8\r\ntxt:text\r\n").text == "text")
        #expect(try token("$2\r\n42\r\n").integer == 42)
        #expect(try token(":42\r\n").integer == 42)
        #expect(try token("+OK\r\n").integer == nil)
        #expect(try token("%1\r\n+a\r\n:1\r\n")["a"] == .number(1))
        #expect(try token("*2\r\n$1\r\na\r\n:1\r\n")["a"] == .number(1))
        #expect(try token("*1\r\n$1\r\na\r\n").pairs == nil)
        #expect(try token("_\r\n").isNull)
        #expect(try token(":1\r\n").bytes == nil)
    }
}

@Suite("RESPDecoder's limits")
struct RESPDecoderLimitTests {
    private func limits(_ change: (inout RESPDecoder.Limits) -> Void) -> RESPDecoder.Limits {
        var limits = RESPDecoder.Limits()
        change(&limits)
        return limits
    }

    @Test("A line may be as long as the limit and no longer, wherever it is cut")
    func lines() {
        let limits = self.limits { $0.lineBytes = 10 }
        #expect(RESPOutcome("+123456789\r\n", limits: limits).values == ["simple 123456789"])
        let long = Array("+1234567890\r\n".utf8)
        let expected = RESPOutcome([long[...]], limits: limits)
        #expect(expected.error?.code == .limitExceeded)
        for cut in long.indices {
            #expect(RESPOutcome([long[..<cut], long[cut...]], limits: limits) == expected)
        }
    }

    @Test(
        "refuses what goes beyond before it comes",
        arguments: [
            "$16777217\r\n", "$9223372036854775807\r\n", "!16777217\r\n", "*1000001\r\n", "%500001\r\n", "~1000001\r\n",
            ">9223372036854775807\r\n", "|4611686018427387905\r\n", "*600000\r\n*600000\r\n",
        ]
    )
    func huge(text: String) {
        #expect(RESPOutcome(text).error?.code == .limitExceeded)
    }

    @Test func `nests 32 deep and no deeper, and keeps nothing of a million levels`() {
        let deepest = String(repeating: "*1\r\n", count: 32) + ":1\r\n"
        #expect(RESPOutcome(deepest).values.count == 1)
        #expect(RESPOutcome("*1\r\n" + deepest).error?.code == .limitExceeded)
        #expect(RESPOutcome(String(repeating: "*1\r\n", count: 1_000_000)).error?.code == .limitExceeded)
        #expect(RESPOutcome(String(repeating: "|1\r\n", count: 1_000_000)).error?.code == .limitExceeded)
    }

    @Test func `an endless line is refused at 64 KiB`() {
        let line = Array(repeating: UInt8(ascii: "a"), count: 4096)
        let outcome = RESPOutcome([Array("+".utf8)[...]] + Array(repeating: line[...], count: 17))
        #expect(outcome.error?.code == .limitExceeded)
        #expect(RESPOutcome([Array("+".utf8)[...]] + Array(repeating: line[...], count: 15)).error == nil)
    }

    @Test func `a reply of many strings is bounded as a whole`() {
        let limits = self.limits { $0.replyBytes = 100 }
        let many = "*20\r\n" + String(repeating: "$4\r\nabcd\r\n", count: 20)
        #expect(RESPOutcome(many, limits: limits).error?.code == .limitExceeded)
        let apart = String(repeating: "$4\r\nabcd\r\n", count: 20)
        #expect(RESPOutcome(apart, limits: limits).values.count == 20)
    }

    @Test func `a million values and a string of 16 MiB are taken, in small pieces`() {
        let many = Array(("*1000000\r\n" + String(repeating: ":1\r\n", count: 1_000_000)).utf8)
        let large = Array("$16777216\r\n".utf8) + Array(repeating: 7, count: 16 << 20) + Array("\r\n".utf8)
        for bytes in [many, large] {
            var decoder = RESPDecoder()
            var count = 0
            for start in stride(from: 0, to: bytes.count, by: 1000) {
                decoder.append(ByteBuffer(bytes: bytes[start..<min(start + 1000, bytes.count)]))
                while let token = try? decoder.next() {
                    count += token.elements?.count ?? token.bytes?.readableBytes ?? 0
                }
            }
            #expect(count == (bytes == many ? 1_000_000 : 16 << 20))
        }
    }
}
