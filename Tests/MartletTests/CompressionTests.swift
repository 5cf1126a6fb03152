import NIOCore
import NIOEmbedded
import ServerSentEvents
import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(2))) struct FrameCompressorTests {
    /// Frames of all lengths and kinds, some like one another and some like nothing.
    private static func frames(_ random: inout SeededGenerator) -> [Frame] {
        (0..<Int.random(in: 1...30, using: &random)).map { number in
            let most = random.chance(5) ? 200_000 : random.chance(30) ? 5_000 : 400
            let length = Int.random(in: 0...most, using: &random)
            let data =
                random.chance(30)
                ? String(
                    (0..<length).map { _ in Character(Unicode.Scalar(UInt8.random(in: 0x20...0x7E, using: &random))) }
                )
                : String(repeating: #"{"status":"paid","sum":\#(number)}"#, count: length / 25)
            return Frame(Event(id: "\(number)", data: data), isPrivate: random.chance(30))
        }
    }

    @Test(arguments: 0..<40) func `what is compressed comes out as it was, at once, and the end is right`(
        seed: Int
    ) throws {
        var random = SeededGenerator(seed: seed)
        let compressor = FrameCompressor()
        let reader = try GzipReader()
        var member = GzipMember()
        var count = 0
        #expect(try reader.read(ContentCoding.gzip.opening.payload.readableBytesView) == Array(":\n\n".utf8))
        for _ in 0..<20 {
            if random.chance(20) {
                let heartbeat = ContentCoding.gzip.heartbeat
                member.add(try #require(heartbeat.digest))
                #expect(try reader.read(heartbeat.payload.readableBytesView) == Array(":\n\n".utf8))
            }
            let frames = Self.frames(&random)
            let coded = compressor.frame(joining: frames, counting: &count)
            member.add(try #require(coded.digest))
            // The chunk is one, and everything that is in it can be read without what comes later.
            let plain = Frame(joining: frames).payload
            #expect(try reader.read(coded.payload.readableBytesView) == Array(plain.readableBytesView))
            #expect(coded.digest?.length == plain.readableBytes)
            let header = String(coded.payloadBytes, radix: 16) + "\r\n"
            #expect(coded.chunk.readableBytes == header.utf8.count + coded.payloadBytes + 2)
        }
        let last = random.chance(50) ? Frame(bytes: Array("retry: 1000\n\n".utf8)) : nil
        let end = try reader.read(member.end(after: last).payload.readableBytesView)
        #expect(end == last.map { Array($0.payload.readableBytesView) } ?? [])
        #expect(reader.isAtEnd)
    }

    @Test func `a wrong checksum or length is found`() throws {
        let frame = FrameCompressor().frame(joining: [Frame(Event(data: "a"))])
        var whole = ContentCoding.gzip.opening.payload
        whole.writeImmutableBuffer(frame.payload)
        // The frame was not noted.
        whole.writeImmutableBuffer(GzipMember().end(after: nil).payload)
        #expect(throws: GzipReader.Failure.self) { try GzipReader.wholeMember(whole.readableBytesView) }
    }

    @Test func `the bytes are the same whatever was compressed before`() throws {
        var random = SeededGenerator(seed: 7)
        let used = FrameCompressor()
        for _ in 0..<20 {
            let frames = Self.frames(&random)
            #expect(used.frame(joining: frames).payload == FrameCompressor().frame(joining: frames).payload)
        }
    }

    @Test func `what is short goes as it is, with five bytes before it`() {
        for length in [0, 1, 100, FrameCompressor.minBytes - 9] {
            let frame = Frame(Event(data: String(repeating: "x", count: length)))
            var count = 0
            let coded = FrameCompressor().frame(joining: [frame], counting: &count)
            #expect(count == 0)
            #expect(coded.payloadBytes == frame.payloadBytes + 5)
            #expect(coded.payload.readableBytesView.dropFirst(5).elementsEqual(frame.payload.readableBytesView))
        }
        var count = 0
        let long = Frame(Event(data: String(repeating: "x", count: FrameCompressor.minBytes - 8)))
        #expect(FrameCompressor().frame(joining: [long], counting: &count).payloadBytes < 40)
        #expect(count == 1)
    }

    @Test func `a private update is compressed by itself, public ones together`() {
        func frame(_ text: String, isPrivate: Bool = false) -> Frame {
            Frame(Event(data: String(repeating: text, count: 100)), isPrivate: isPrivate)
        }
        let secret = frame("secret", isPrivate: true)
        let other = frame("guess", isPrivate: true)
        let (a, b) = (frame("a b c d"), frame("e f g h"))
        var count = 0
        let coded = FrameCompressor().frame(joining: [a, b, secret, other, a], counting: &count)
        #expect(count == 4)
        var apart = ByteBuffer()
        for frames in [[a, b], [secret], [other], [a]] {
            apart.writeImmutableBuffer(FrameCompressor().frame(joining: frames).payload)
        }
        #expect(coded.payload == apart)
    }

    @Test func `what is compressed already is taken as it is`() throws {
        let frames = (0..<3).map { Frame(Event(data: String(repeating: "\($0)", count: 300))) }
        let compressor = FrameCompressor()
        let middle = compressor.frame(joining: [frames[1]])
        var count = 0
        let coded = compressor.frame(joining: [frames[0], middle, frames[2]], counting: &count)
        #expect(count == 2)
        var member = GzipMember()
        member.add(try #require(coded.digest))
        var whole = ContentCoding.gzip.opening.payload
        whole.writeImmutableBuffer(coded.payload)
        whole.writeImmutableBuffer(member.end(after: nil).payload)
        let wanted = Array(":\n\n".utf8) + Array(Frame(joining: frames).payload.readableBytesView)
        #expect(try GzipReader.wholeMember(whole.readableBytesView) == wanted)
    }
}

extension FrameCompressor {
    fileprivate func frame(joining frames: [Frame]) -> Frame {
        var count = 0
        return self.frame(joining: frames, counting: &count)
    }
}

extension ByteBuffer {
    /// Where its bytes lie.
    fileprivate var address: UInt { self.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } }
}

@Suite struct ShardCompressionTests {
    private static let settings = Hub.Settings(heartbeat: .seconds(1), compression: .gzip)
    private static let text = String(repeating: #"{"status":"paid"} "#, count: 100)

    private static func gzip(_ answer: @escaping () -> SendResult = { .taken }) -> ScriptedOutlet {
        ScriptedOutlet(coding: .gzip, answer)
    }

    @Test func `a thousand subscribers are sent the same bytes, compressed once`() throws {
        let shard = EmbeddedShard(Self.settings)
        let outlets = try (0..<1000).map { _ in shard.join(try .sample("a"), Self.gzip()) }
        let plain = shard.join(try .sample("a"))
        for _ in 0..<3 { shard.publish(try (0..<4).map { _ in try .sample("a", data: Self.text) }) }
        #expect(shard.shard.counters.compressions == 3)
        let storages = Set(outlets.flatMap { $0.writes.map { $0.address } })
        #expect(storages.count == 3)
        #expect(try outlets[999].events == plain.events)
        #expect(try plain.events.count == 12)
    }

    @Test func `an update that is for a thousand interests is compressed once`() throws {
        let shard = EmbeddedShard(Self.settings)
        let outlets = try (0..<1000).map { shard.join(try .sample("all", "user/\($0)"), Self.gzip()) }
        shard.publish([try .sample("all", data: Self.text)])
        #expect(shard.shard.counters.compressions == 1)
        #expect(Set(outlets.map { $0.writes[0].address }).count == 1)
        // Some get it with one of their own, and those who don't still share.
        shard.publish([try .sample("all", data: Self.text), try .sample("user/7", data: Self.text)])
        #expect(shard.shard.counters.compressions == 3)
        #expect(try outlets[7].events.count == 3)
        #expect(try outlets[8].events.count == 2)
    }

    @Test func `an event too large to be remembered is compressed once for all who get it`() throws {
        let shard = EmbeddedShard(Self.settings)
        let outlets = try (0..<20).map { shard.join(try .sample("all", "user/\($0 / 2)"), Self.gzip()) }
        let text = String(repeating: "0123456789abcdef", count: 65_000)
        for number in 1...3 {
            shard.publish([try .sample("all", data: text)])
            #expect(shard.shard.counters.compressions == number)
        }
        #expect(Set(outlets.map { $0.writes[2].address }).count == 1)
        #expect(try outlets[0].events.map(\.data) == [text, text, text])
    }

    @Test func `what lies beyond a mebibyte in one frame goes as it is`() throws {
        let shard = EmbeddedShard(Self.settings)
        let outlet = shard.join(try .sample("a"), Self.gzip())
        let text = String(repeating: "x", count: 1_100_000)
        shard.publish([try .sample("a", data: text)])
        #expect(shard.shard.counters.compressions == 0)
        #expect(outlet.writes[0].readableBytes > text.utf8.count)
        #expect(try outlet.events.map(\.data) == [text])
    }

    @Test func `a page of the tail is compressed once for all who come back from one place`() throws {
        let shard = EmbeddedShard(Self.settings)
        let watcher = shard.join(try .sample("a"), Self.gzip())
        for _ in 0..<10 { shard.publish([try .sample("a", data: Self.text)]) }
        let before = shard.shard.counters.compressions
        let outlets = try (0..<100).map { _ in
            shard.join(try .sample("a"), from: ResumePoint(cursor: 3, lastEventID: "k3f9xa-3"), Self.gzip())
        }
        #expect(shard.shard.counters.compressions == before + 1)
        #expect(try outlets.allSatisfy { try $0.events == Array(watcher.events.dropFirst(3)) })
    }

    @Test func `those who ask for the same in another coding are told apart`() throws {
        let shard = EmbeddedShard(Self.settings)
        let (zipped, plain) = (shard.join(try .sample("a"), Self.gzip()), shard.join(try .sample("a")))
        shard.publish([try .sample("a", data: Self.text)])
        shard.shard.leave(try #require(zipped.subscriber))
        shard.publish([try .sample("a", data: Self.text)])
        let again = shard.join(try .sample("a"), Self.gzip())
        shard.shard.leave(try #require(plain.subscriber))
        shard.publish([try .sample("a", data: Self.text)])
        #expect(try zipped.events.count == 1)
        #expect(try plain.events.count == 2)
        #expect(try again.events.map(\.lastEventID) == ["k3f9xa-3"])
        shard.shard.leave(try #require(again.subscriber))
        #expect(shard.shard.index.isEmpty)
        for outlet in [zipped, plain, again] { #expect(outlet.violations.isEmpty) }
    }

    @Test func `what is told of a gap, heartbeats and what a slow reader missed are compressed too`() throws {
        let shard = EmbeddedShard(Self.settings)
        var answers: [SendResult] = [.taken, .full]
        let gap = Gap(requested: "x", reason: .unknownID, resumed: "k3f9xa-0")
        let slow = shard.join(
            try .sample("a"),
            from: ResumePoint(cursor: 0, lastEventID: "k3f9xa-0", gap: gap),
            Self.gzip { answers.isEmpty ? .taken : answers.removeFirst() }
        )
        for number in 1...20 { shard.publish([try .sample("a", data: "\(number) " + Self.text)]) }
        #expect(slow.writes.count == 2)
        slow.drain()
        shard.shard.roomAvailable(for: try #require(slow.subscriber))
        shard.loop.advanceTime(by: .seconds(3))
        #expect(slow.heartbeats == 3)
        let events = try slow.events
        #expect(events.first?.type == "martlet:gap")
        #expect(events.dropFirst().map { $0.data.prefix(2) } == (1...20).map { "\($0) ".prefix(2) })
        #expect(slow.violations.isEmpty)
    }

    @Test func `what is published together with a private update leaves its bytes as they are`() throws {
        let secret = try Update.sample("a", data: Self.text + "secret", id: "s", isPrivate: true)
        func bytes(with others: [Update]) throws -> ByteBuffer {
            let shard = EmbeddedShard(Self.settings)
            let outlet = shard.join(try .sample("a", grants: ["a"]), Self.gzip())
            shard.publish(others + [secret])
            #expect(outlet.writes.count == 1)
            return outlet.writes[0]
        }
        let alone = try bytes(with: [])
        for isPrivate in [false, true] {
            let together = try bytes(with: [.sample("a", data: Self.text + "secret", isPrivate: isPrivate)])
            #expect(together.readableBytes > alone.readableBytes)
            #expect(together.readableBytesView.suffix(alone.readableBytes).elementsEqual(alone.readableBytesView))
        }
    }

    @Test func `bytes are counted as they are sent and as they were`() throws {
        let shard = EmbeddedShard(Self.settings)
        let plain = shard.join(try .sample("a"))
        let zipped = try (0..<3).map { _ in shard.join(try .sample("a"), Self.gzip()) }
        shard.publish([try .sample("a", data: Self.text)])
        let counters = shard.shard.counters
        let (length, compressed) = (plain.writes[0].readableBytes, zipped[0].writes[0].readableBytes)
        #expect(compressed < length / 10)
        #expect(counters.uncompressedBytes == 3 * length)
        #expect(counters.compressedBytes == 3 * compressed)
        #expect(counters.bytes == length + 3 * compressed)
        #expect(counters.deliveries == 4)
    }
}
