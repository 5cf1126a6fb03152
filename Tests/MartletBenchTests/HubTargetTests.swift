import Testing

@testable import MartletBench

@Suite struct HubTargetTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", false, "127.0.0.1", 8080, "/", "127.0.0.1:8080"),
        ("HTTP://hub.example", false, "hub.example", 80, "/", "hub.example"),
        ("https://hub.example/feed?a=b#c", true, "hub.example", 443, "/feed?a=b", "hub.example"),
        ("https://hub.example:80?a", true, "hub.example", 80, "/?a", "hub.example:80"),
        ("http://[::1]:9000/x", false, "::1", 9000, "/x", "[::1]:9000"),
        ("http://[::1]", false, "::1", 80, "/", "[::1]"),
    ])
    func `a URL has what a load needs`(
        text: String,
        isSecure: Bool,
        host: String,
        port: Int,
        target: String,
        authority: String
    ) throws {
        let url = try HubURL(text)
        #expect(url.isSecure == isSecure)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
        #expect(url.authority == authority)
    }

    @Test(arguments: [
        "", "h", "ftp://h", "http://", "http:///x", "http://:80", "http://h:0", "http://h:65536", "http://h:x",
        "http://h:",
        "http://h/a b", "http://h/\r\nX: y", "http://h/é", "http://u:p@h/", "http://[::1", "http://[]/",
        "http://[::1]80",
    ])
    func `what is no URL is refused with a sentence`(text: String) {
        let error = #expect(throws: BenchError.self) { try HubURL(text) }
        #expect(error?.code == .invalidTarget)
        #expect(error?.message.hasSuffix(".") == true)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `requests carry what the profile says, and headers`() throws {
        let target = try HubTarget(
            url: HubURL("http://h:1"),
            profile: .martlet,
            headers: [("Authorization", "Bearer t")],
            run: "r"
        )
        #expect(
            self.text(target.subscribeRequest(topic: 1, others: 2..<4, lastEventID: "a-1"))
                == "GET /.well-known/mercure?topic=bench/r/0000001&topic=bench/r/0000002&topic=bench/r/0000003 HTTP/1.1\r\n"
                + "Host: h:1\r\nAccept: text/event-stream\r\nLast-Event-ID: a-1\r\nAuthorization: Bearer t\r\n\r\n"
        )
        let sse = try HubTarget(url: HubURL("http://h/feed?x=y"), profile: .sse)
        #expect(self.text(sse.subscribeRequest(topic: 0)).hasPrefix("GET /feed?x=y HTTP/1.1\r\n"))
    }

    private func request(_ profile: HubProfile, batch: Int = 1, publish: String? = nil) throws -> String {
        let url = try HubURL("http://h")
        let target = try HubTarget(url: url, profile: profile, publish: publish, batches: batch > 1, run: "r")
        let request = try PublishRequest(target: target, batch: batch, payloadBytes: 36)
        var bytes = request.bytes
        bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for number in 0..<batch {
                let marker = Marker(time: 5, publisher: 2, sequence: number)
                request.write(marker, topic: 10 + number, number: number, to: base)
            }
        }
        return self.text(bytes)
    }

    private static let first = "~00000000000000050002000000000000.xx"
    private static let second = "~00000000000000050002000000000001.xx"

    @Test func `an update is written into a copy of the request`() throws {
        #expect(
            try self.request(.martlet)
                == "POST /topics/bench/r/0000010 HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n"
                + "Content-Length: 36\r\n\r\n\(Self.first)"
        )
        #expect(try self.request(.nchan).hasPrefix("POST /pub/bench-r-0000010 HTTP/1.1\r\n"))
        #expect(try self.request(.mercure).hasSuffix("\r\n\r\ntopic=bench/r/0000010&data=\(Self.first)"))
        #expect(try self.request(.sse, publish: "/p/{topic}").hasPrefix("POST /p/bench/r/0000010 HTTP/1.1\r\n"))
        #expect(
            try self.request(.martlet, batch: 2).hasSuffix(
                "\r\n\r\n{\"topic\":\"bench/r/0000010\",\"data\":\"\(Self.first)\"}\n"
                    + "{\"topic\":\"bench/r/0000011\",\"data\":\"\(Self.second)\"}\n"
            )
        )
    }

    @Test func `what can't be done is refused before anything is opened`() throws {
        let url = try HubURL("http://h")
        #expect(throws: BenchError.self) { try HubTarget(url: url, profile: .nchan, batches: true) }
        #expect(throws: BenchError.self) { try HubTarget(url: HubURL("http://h/feed"), profile: .martlet) }
        #expect(throws: BenchError.self) { try HubTarget(url: url, profile: .martlet, subscribe: "feed") }
        #expect(throws: BenchError.self) { try HubTarget(url: url, profile: .martlet, publish: "/a b") }
        let sse = try HubTarget(url: url, profile: .sse)
        #expect(throws: BenchError.self) { try PublishRequest(target: sse, batch: 1, payloadBytes: 120) }
        let martlet = try HubTarget(url: url, profile: .martlet)
        #expect(throws: BenchError.self) { try PublishRequest(target: martlet, batch: 1, payloadBytes: 33) }
    }
}
