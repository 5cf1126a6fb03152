import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("Polling over HTTP, where streams don't get through", .timeLimit(.minutes(2)))
struct PollTests {
    private func poll(_ hub: ServedHub, _ id: String? = nil, topic: String = "a") throws -> Wire {
        let wire = try hub.connect()
        let field = id.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        try wire.send(
            "GET \(ServedHub.path)?topic=\(topic) HTTP/1.1\r\nHost: hub.localhost\r\nAccept: application/json\r\n\(field)\r\n"
        )
        return wire
    }

    @Test func `a newcomer is told at once where to wait from`() async throws {
        try await ServedHub.run { hub in
            _ = try hub.connect().request("POST", "/topics/a", body: "before")
            let answer = try self.poll(hub).readResponse()
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == "application/json")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer.text == "{\"lastEventID\":\"test-1\",\"events\":[]}\n")
            #expect(hub.openStreams == 0)
        }
    }

    @Test func `what came since is answered at once, with its type, its retry and its own id`() async throws {
        try await ServedHub.run { hub in
            let publisher = try hub.connect()
            _ = try publisher.request("POST", "/topics/a", body: "one\ntwo\u{1}\"")
            _ = try publisher.request("POST", "/topics/b", body: "other")
            _ = try publisher.request("POST", "/topics/a?id=mine&type=notice&retry=7", body: "ü")
            let answer = try self.poll(hub, "earliest").readResponse()
            let first = #"{"id":"test-1","type":"message","data":"one\ntwo\u0001\""}"#
            let second = #"{"id":"mine","type":"notice","data":"ü","retry":7}"#
            #expect(answer.text == "{\"lastEventID\":\"test-3\",\"events\":[\(first),\(second)]}\n")
        }
    }

    @Test func `who has everything waits for what comes, and is counted meanwhile`() async throws {
        try await ServedHub.run { hub in
            let wire = try self.poll(hub, "test-0")
            #expect(await eventually { hub.openStreams == 1 }, "it waits")
            #expect(try wire.isSilent(for: 0.2))
            _ = try hub.connect().request("POST", "/topics/b", body: "not asked for")
            #expect(try wire.isSilent(for: 0.1))
            _ = try hub.connect().request("POST", "/topics/a", body: "x")
            let answer = try wire.readResponse()
            #expect(
                answer.text
                    == "{\"lastEventID\":\"test-2\",\"events\":[{\"id\":\"test-2\",\"type\":\"message\",\"data\":\"x\"}]}\n"
            )
            #expect(hub.openStreams == 0)
            // The connection goes on.
            #expect(try wire.request("GET", "/healthz").text == "ok\n")
        }
    }

    @Test func `what is lost is told`() async throws {
        try await ServedHub.run { hub in
            let answer = try self.poll(hub, "gone").readResponse()
            #expect(answer.text.contains(#""type":"martlet:gap""#))
            #expect(answer.text.hasPrefix(#"{"lastEventID":"test-0""#))
        }
    }

    @Test func `whoever goes away waits no more`() async throws {
        try await ServedHub.run { hub in
            do {
                let wire = try self.poll(hub, "test-0")
                #expect(await eventually { hub.openStreams == 1 }, "it waits")
                wire.close()
            }
            #expect(await eventually { hub.openStreams == 0 }, "it is gone")
        }
    }

    @Test func `whoever waits is answered when the hub ends`() async throws {
        try await ServedHub.run { hub in
            let wire = try self.poll(hub, "test-0")
            #expect(await eventually { hub.openStreams == 1 }, "it waits")
            hub.endpoint.drain(over: .zero)
            #expect(try wire.readResponse().text == "{\"lastEventID\":\"test-0\",\"events\":[]}\n")
        }
    }

    @Test func `whoever is cut off is told to come back`() async throws {
        try await ServedHub.run { hub in
            let wire = try self.poll(hub, "test-0")
            #expect(await eventually { hub.openStreams == 1 }, "it waits")
            #expect(try await hub.hub.ask { $0.endStream(0) }.contains(true))
            let answer = try wire.readResponse()
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] == "1")
            #expect(hub.openStreams == 0)
        }
    }

    @Test func `a page may take either, and a stream is what it gets`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "GET \(ServedHub.path)?topic=a HTTP/1.1\r\nHost: hub.localhost\r\nAccept: text/event-stream, application/json\r\n\r\n"
            )
            #expect(try wire.readHead()["Content-Type"] == "text/event-stream")
        }
    }

    @Test func `many events come in several answers, each once`() async throws {
        try await ServedHub.run { hub in
            let publisher = try hub.connect()
            for number in 0..<40 {
                _ = try publisher.request(
                    "POST",
                    "/topics/a",
                    body: "\(number) " + String(repeating: "x", count: 100_000)
                )
            }
            var id = "earliest"
            var numbers: [Int] = []
            var answers = 0
            while numbers.count < 40 {
                let text = try self.poll(hub, id).readResponse().text
                numbers += text.matches(of: #/"data":"(\d+) /#).compactMap { Int($0.output.1) }
                id = String(try #require(text.firstMatch(of: #/"lastEventID":"([^"]+)"/#)).output.1)
                answers += 1
            }
            #expect(numbers == Array(0..<40))
            #expect(answers > 1 && answers < 40)
        }
    }
}
