import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("Compressed streams over HTTP", .timeLimit(.minutes(2)))
struct CompressedStreamTests {
    private static let settings = Hub.Settings(heartbeat: .hours(1), compression: .gzip)
    private static let accepting = "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    private static let text = String(repeating: #"{"status":"paid"} "#, count: 100)

    private static func event(_ number: Int) -> String { "id: test-\(number)\ndata: \(number) \(Self.text)\n\n" }

    private static func publish(_ numbers: ClosedRange<Int>, to hub: ServedHub) async throws {
        for number in numbers {
            try await hub.hub.publish(Update(topic: Topic("a"), data: "\(number) \(Self.text)"))
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `Who takes gzip gets it, up to an end that is right`() async throws {
        try await ServedHub.run(settings: Self.settings) { hub in
            let wire = try hub.connect()
            try wire.send("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n\(Self.accepting)\r\n")
            let head = try wire.readHead()
            #expect(head["Content-Encoding"] == "gzip")
            #expect(head["Vary"] == "Accept-Encoding")
            #expect(head["Transfer-Encoding"] == "chunked")
            #expect(head["Martlet-Compression"] == "shared")
            #expect(head["Content-Type"] == "text/event-stream")
            let reader = try GzipReader()
            #expect(try reader.read(#require(try wire.readChunk())) == Array(":\n\n".utf8))
            var compressed = 0
            for number in 1...3 {
                try await Self.publish(number...number, to: hub)
                let chunk = try #require(try wire.readChunk())
                compressed += chunk.count
                // Nothing has to come later for it to be read.
                #expect(Self.text(try reader.read(chunk)) == Self.event(number))
            }
            #expect(compressed < 3 * 100)
            hub.endpoint.drain(over: .zero)
            var last: [UInt8] = []
            while let chunk = try wire.readChunk() { last += try reader.read(chunk) }
            #expect(Self.text(last) == "retry: 1000\n\n")
            #expect(reader.isAtEnd)
            #expect(try wire.readToEnd() == [])
        }
    }

    @Test func `A stream of HTTP 1.0 is a whole member that ends with the connection`() async throws {
        try await ServedHub.run(settings: Self.settings) { hub in
            let wire = try hub.connect()
            try wire.send("GET /topics/a HTTP/1.0\r\n\(Self.accepting)\r\n")
            let head = try wire.readHead()
            #expect(head["Content-Encoding"] == "gzip" && head["Connection"] == "close")
            try await Self.publish(1...2, to: hub)
            hub.endpoint.drain(over: .zero)
            let text = Self.text(try GzipReader.wholeMember(try wire.readToEnd()))
            #expect(text == ":\n\n" + Self.event(1) + Self.event(2) + "retry: 1000\n\n")
        }
    }

    @Test(arguments: [
        "", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0, *\r\n", "Accept-Encoding: identity\r\n",
    ])
    func `Who doesn't take it gets the stream as it is, and caches are told why`(_ field: String) async throws {
        try await ServedHub.run(settings: Self.settings) { hub in
            let wire = try hub.connect()
            let head = try wire.subscribe("/topics/a", fields: field)
            #expect(head["Content-Encoding"] == nil && head["Martlet-Compression"] == nil)
            #expect(head["Vary"] == "Accept-Encoding")
            try await Self.publish(1...1, to: hub)
            #expect(try wire.readStream(until: "\n\n") == Self.event(1))
        }
    }

    @Test func `Switched off nothing is said of it`() async throws {
        try await ServedHub.run { hub in
            let head = try hub.connect().subscribe("/topics/a", fields: Self.accepting)
            #expect(head["Content-Encoding"] == nil && head["Vary"] == nil && head["Martlet-Compression"] == nil)
        }
    }

    @Test func `HEAD answers as the stream would be, and what the answer varies with is one list`() async throws {
        try await ServedHub.run(settings: Self.settings) { hub in
            let wire = try hub.connect()
            let head = try wire.request("HEAD", "/topics/a", fields: Self.accepting)
            #expect(head["Content-Encoding"] == "gzip" && head["Vary"] == "Accept-Encoding")
            #expect(try wire.request("HEAD", "/topics/a")["Content-Encoding"] == nil)
        }
        var response = HubResponse.stream(lastEventID: nil, coding: .gzip, hasChoice: true)
        response.add(CORSPolicy(origins: ["https://a.example"]).fields(for: "https://a.example"))
        #expect(response.fields.filter { $0.name == "Vary" }.map(\.value) == ["Accept-Encoding, Origin"])
    }

    @Test func `A poll and what is no stream are not compressed`() async throws {
        try await ServedHub.run(settings: Self.settings) { hub in
            let wire = try hub.connect()
            let fields = Self.accepting + "Accept: application/json\r\n"
            try await Self.publish(1...1, to: hub)
            let poll = try wire.request("GET", "/topics/a", fields: fields + "Last-Event-ID: test-0\r\n")
            #expect(poll["Content-Encoding"] == nil)
            #expect(poll.text.contains("status"))
            #expect(try wire.request("GET", "/healthz", fields: Self.accepting)["Content-Encoding"] == nil)
            let refusal = try wire.request("GET", ServedHub.path, fields: Self.accepting)
            #expect(refusal.status == 400 && refusal["Content-Encoding"] == nil)
        }
    }

    @Test func `A resume and a gap come compressed`() async throws {
        try await ServedHub.run(settings: Self.settings) { hub in
            try await Self.publish(1...30, to: hub)
            for (id, first) in [("test-10", 11), ("unknown", 31)] {
                let wire = try hub.connect()
                try wire.send(
                    "GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nLast-Event-ID: \(id)\r\n\(Self.accepting)\r\n"
                )
                let head = try wire.readHead()
                #expect(head["Last-Event-ID"] == (id == "unknown" ? "test-30" : id))
                let reader = try GzipReader()
                let wanted = first > 30 ? "resumed\":\"test-30\"}\n\n" : Self.event(30)
                var text = ""
                while !text.hasSuffix(wanted) { text += Self.text(try reader.read(#require(try wire.readChunk()))) }
                if first <= 30 {
                    #expect(text == ":\n\n" + (first...30).map { Self.event($0) }.joined())
                } else {
                    #expect(text.hasPrefix(":\n\nevent: martlet:gap\n"))
                }
            }
        }
    }

    @Test func `A slow reader gets everything, whole and in order`() async throws {
        try await ServedHub.run(settings: Self.settings) { hub in
            let wire = try hub.connect(receiveBuffer: 4096)
            try wire.send("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n\(Self.accepting)\r\n")
            _ = try wire.readHead()
            // What can't be compressed, so that the socket is full.
            var random = SystemRandomNumberGenerator()
            let texts = (1...60).map { _ in
                String(
                    (0..<100_000).map { _ in Character(Unicode.Scalar(UInt8.random(in: 0x20...0x7E, using: &random))) }
                )
            }
            for text in texts { try await hub.hub.publish(Update(topic: Topic("a"), data: text)) }
            let isLagging = await eventually {
                let counters = try? await hub.hub.counters()
                return counters?.contains { $0.lagged > 0 } == true
            }
            #expect(isLagging)
            let wanted = ":\n\n" + texts.enumerated().map { "id: test-\($0 + 1)\ndata: \($1)\n\n" }.joined()
            let reader = try GzipReader()
            var bytes: [UInt8] = []
            while bytes.count < wanted.utf8.count { bytes += try reader.read(#require(try wire.readChunk(within: 20))) }
            #expect(bytes == Array(wanted.utf8))
            hub.endpoint.drain(over: .zero)
            while let chunk = try wire.readChunk() { bytes += try reader.read(chunk) }
            #expect(reader.isAtEnd)
        }
    }
}
