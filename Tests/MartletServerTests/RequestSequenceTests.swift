import Foundation
import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("Requests one after another on a connection", .timeLimit(.minutes(2)))
struct RequestSequenceTests {
    static func publish(_ data: String, fields: String = "") -> String {
        let body = "topic=a&data=\(data)"
        return
            "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func get(_ target: String, fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: hub.localhost\r\n\(fields)\r\n"
    }

    @Test func `A connection serves 100 requests of all kinds`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            for number in 1...25 {
                #expect(try wire.request("POST", ServedHub.path, body: "topic=a").text == "test-\(number)")
                #expect(try wire.request("GET", "/healthz").text == "ok\n")
                #expect(try wire.request("HEAD", "\(ServedHub.path)?topic=a")["Content-Type"] == "text/event-stream")
                #expect(try wire.request("POST", ServedHub.path, body: "data=x").status == 400)
            }
            #expect(hub.openConnections == 1)
        }
    }

    @Test func `What answers HEAD with a body of its own leaves the connection in step`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            for _ in 1...3 {
                let head = try wire.request("HEAD", "/said")
                #expect(head.status == 200 && head["Content-Length"] == "4" && head["Connection"] == nil)
                #expect(try wire.request("GET", "/healthz").text == "ok\n")
            }
            // Where there is no length, the encoder writes the end of a body that nobody expects.
            #expect(try wire.request("HEAD", "/drip")["Connection"] == "close")
            #expect(try !wire.readTextToEnd().contains("one"))
        }
    }

    @Test func `One who speaks HTTP 1.0 gets no chunks`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("GET /drip HTTP/1.0\r\nHost: hub.localhost\r\n\r\n")
            let answer = try wire.readTextToEnd()
            #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"))
            #expect(!answer.lowercased().contains("transfer-encoding"))
            #expect(answer.hasSuffix("\r\n\r\nonetwo"))
        }
    }

    @Test(arguments: ["Connection", "Proxy-Connection"])
    func `Whoever offers to speak something else is told that the connection ends`(_ name: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(Self.get("/healthz", fields: "\(name): upgrade\r\nUpgrade: x\r\n") + Self.get("/healthz"))
            let answer = try wire.readResponse()
            #expect(answer.text == "ok\n" && answer["Connection"] == "close")
            #expect(try wire.readToEnd().isEmpty)
        }
    }

    @Test func `Whoever waits before he sends a body is told to, whoever reads it`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "POST /echo HTTP/1.1\r\nHost: hub.localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
            )
            #expect(try wire.readHead().status == 100)
            try wire.send("hello")
            #expect(try wire.readResponse().text == "hello")
            #expect(try wire.request("GET", "/healthz").text == "ok\n")
        }
    }

    @Test(arguments: [1, 2, 7, 64, 100_000])
    func `Publishes that come together are answered in order, however they are split`(_ size: Int) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let text = (1...20).map { Self.publish("\($0)") }.joined()
            try wire.send(text, inPiecesOf: size)
            for number in 1...20 { #expect(try wire.readResponse().text == "test-\(number)") }
        }
    }

    @Test(arguments: [1, 7, 100_000])
    func `Publishes, a page and a subscription that come together are answered in order`(_ size: Int) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let text =
                Self.publish("1") + Self.publish("2") + Self.get("/healthz") + Self.publish("3")
                + Self.get("\(ServedHub.path)?topic=a&lastEventID=earliest")
            try wire.send(text, inPiecesOf: size)
            #expect(try wire.readResponse(within: 3).text == "test-1")
            #expect(try wire.readResponse(within: 3).text == "test-2")
            #expect(try wire.readResponse(within: 3).text == "ok\n")
            #expect(try wire.readResponse(within: 3).text == "test-3")
            #expect(try wire.readHead(within: 3)["Content-Type"] == "text/event-stream")
            #expect(
                try wire.readStream(until: "data: 3\n\n", within: 3)
                    == ":\n\nid: test-1\ndata: 1\n\nid: test-2\ndata: 2\n\nid: test-3\ndata: 3\n\n"
            )
        }
    }

    @Test func `Pages that come together are answered in order`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send((1...30).map { $0 % 3 == 0 ? Self.get("/nothing/\($0)") : Self.get("/healthz") }.joined())
            for number in 1...30 { #expect(try wire.readResponse().status == (number % 3 == 0 ? 404 : 200)) }
        }
    }

    @Test func `A page asked for while a publish waits for the log comes after its answer`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let wire = try hub.connect()
            log.hold()
            try wire.send(Self.publish("1"))
            #expect(await eventually { log.waiters == 1 })
            try wire.send(Self.get("/healthz") + Self.publish("2"))
            #expect(try wire.isSilent(for: 0.1))
            log.release()
            #expect(try wire.readResponse(within: 3).text == "test-1")
            #expect(try wire.readResponse(within: 3).text == "ok\n")
            #expect(try wire.readResponse(within: 3).text == "test-2")
        }
    }

    @Test func `While a publish waits for the log, no more than some hundred kilobytes are read`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let wire = try hub.connect(sendBuffer: 64 << 10)
            log.hold()
            try wire.send(Self.publish("0"))
            #expect(await eventually { log.waiters == 1 })
            let body = "topic=a&data=" + String(repeating: "x", count: 60_000)
            let one =
                "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            // Far beyond what the kernel keeps for both sides.
            let count = 400
            let all = Array(String(repeating: one, count: count).utf8)
            let sent = try wire.sendSome(all, patience: 1)
            #expect(sent < all.count / 2)
            log.release()
            try wire.send(all[sent...], within: 30)
            for number in 1...(count + 1) { #expect(try wire.readResponse(within: 30).text == "test-\(number)") }
        }
    }

    @Test func `A connection closes after the request that asks for it, and not before`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                Self.publish("1") + Self.publish("2") + Self.publish("3", fields: "Connection: close\r\n")
            )
            let text = try wire.readTextToEnd()
            #expect(text.pieces(separatedBy: "HTTP/1.1 200 OK\r\n").count == 4)
            #expect(text.hasSuffix("Connection: close\r\nContent-Length: 6\r\n\r\ntest-3"))
            #expect(text.pieces(separatedBy: "Connection: close").count == 2)
        }
    }

    @Test func `What follows a request that asks to close is not served`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                Self.publish("1") + Self.publish("2", fields: "Connection: close\r\n") + Self.publish("3")
            )
            let text = try wire.readTextToEnd()
            #expect(text.contains("test-1") && text.hasSuffix("test-2") && !text.contains("test-3"))
        }
    }

    @Test func `The version of each request counts for that request alone`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                Self.publish("1") + Self.get("\(ServedHub.path)?topic=a")
                    + "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
            )
            #expect(try wire.readResponse().text == "test-1")
            let head = try wire.readHead()
            #expect(head["Transfer-Encoding"] == "chunked")
            #expect(head["Connection"] == nil)
        }
    }

    @Test(arguments: ["POST", "GET"])
    func `A request of HTTP 1.0 is answered and the connection closed`(_ method: String) async throws {
        try await ServedHub.run { hub in
            for field in ["", "Connection: keep-alive\r\n"] {
                let wire = try hub.connect()
                if method == "POST" {
                    try wire.send("POST /topics/a HTTP/1.0\r\n\(field)Content-Length: 2\r\n\r\nhi")
                    #expect(try wire.readTextToEnd().contains("\r\n\r\ntest-"))
                } else {
                    try wire.send("GET /healthz HTTP/1.0\r\n\(field)\r\n")
                    #expect(try wire.readTextToEnd().hasSuffix("\r\n\r\nok\n"))
                }
            }
        }
    }

    @Test(arguments: ["Expect: 100-continue\r\n", "expect: 100-Continue\r\n"])
    func `A client that waits for it is told to go on`(_ field: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            for number in 1...2 {
                try wire.send("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n\(field)Content-Length: 2\r\n\r\n")
                #expect(try wire.readHead().line == "HTTP/1.1 100 Continue")
                try wire.send("hi")
                #expect(try wire.readResponse().text == "test-\(number)")
            }
        }
    }

    @Test func `A client that waits with a body that is too large is refused at once`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n"
            )
            #expect(try wire.readResponse().status == 413)
            #expect(wire.ends())
        }
    }

    @Test func `A client of HTTP 1.0 is never sent an interim response`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("POST /topics/a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
            #expect(try wire.readHead().status == 200)
        }
    }

    @Test(arguments: [
        "4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n",
        "4;ext=1\r\nwiki\r\n05\r\npedia\r\n0\r\nX-Trailer: a\r\n\r\n",
        "9\r\nwikipedia\r\n000\r\nX:\r\n\r\n",
    ])
    func `A chunked body is published, however it is split`(_ body: String) async throws {
        try await ServedHub.run { hub in
            for size in [1, 3, 1000] {
                let subscriber = try hub.connect()
                try subscriber.subscribe("/topics/a")
                let wire = try hub.connect()
                try wire.send("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                try wire.send(body, inPiecesOf: size)
                #expect(try wire.readResponse().status == 200)
                #expect(try subscriber.readChunkText()?.hasSuffix("\ndata: wikipedia\n\n") == true)
                #expect(try wire.request("GET", "/healthz").text == "ok\n")
            }
        }
    }

    @Test func `A peer that ends its side after a publish gets its answer`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let wire = try hub.connect()
            log.hold()
            try wire.send(Self.publish("1"))
            wire.endOutput()
            #expect(await eventually { log.waiters == 1 })
            log.release()
            #expect(try wire.readTextToEnd().hasSuffix("\r\n\r\ntest-1"))
        }
    }

    @Test func `A peer that ends its side after a page request gets the page`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(Self.get("/healthz"))
            wire.endOutput()
            #expect(try wire.readTextToEnd().hasSuffix("\r\n\r\nok\n"))
        }
    }

    @Test func `A peer that is gone when its publish is answered leaves nothing behind`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            for number in 1...20 {
                log.hold()
                let wire = try hub.connect()
                try wire.send(Self.publish("\(number)"))
                #expect(await eventually { log.waiters == 1 })
                if number % 2 == 0 {
                    wire.reset()
                    #expect(await eventually { hub.openConnections == 0 })
                } else {
                    wire.close()
                }
                log.release()
                #expect(await eventually { hub.openConnections == 0 })
            }
        }
    }

    @Test(arguments: ["", "Connection: close\r\n"])
    func `A large page arrives whole at a reader that takes its time`(_ field: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 32 << 10)
            try wire.send(Self.get("/big", fields: field))
            let head = try wire.readHead()
            #expect(head["Content-Length"] == "\(ServedHub.bigBytes)")
            #expect(ServedHub.isBig(try wire.read(ServedHub.bigBytes)))
            if field.isEmpty {
                #expect(try wire.request("POST", "/topics/a", body: "x").text == "test-1")
            } else {
                #expect(wire.ends())
            }
        }
    }

    @Test func `A large page arrives whole at a client of HTTP 1.0`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 32 << 10)
            try wire.send("GET /big HTTP/1.0\r\n\r\n")
            _ = try wire.readHead()
            #expect(ServedHub.isBig(try wire.readToEnd()))
        }
    }

    @Test func `A large page arrives whole at a client that ended its side`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 32 << 10)
            try wire.send(Self.get("/big"))
            wire.endOutput()
            _ = try wire.readHead()
            #expect(ServedHub.isBig(try wire.readToEnd()))
        }
    }

    @Test func `A stream that follows a large page on a connection begins after its last byte`() async throws {
        try await ServedHub.run { hub in
            for _ in 1...20 {
                let wire = try hub.connect(receiveBuffer: 64 << 10)
                try wire.send(Self.get("/big") + Self.get("/topics/a"))
                _ = try wire.readHead()
                #expect(ServedHub.isBig(try wire.read(ServedHub.bigBytes)))
                #expect(try wire.readHead()["Content-Type"] == "text/event-stream")
                #expect(try wire.readChunkText() == ":\n\n")
                wire.close()
            }
        }
    }

    @Test func `A publish that follows a page is answered although the page's handler ignores its body`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let body = String(repeating: "x", count: 500_000)
            #expect(try wire.request("POST", "/nothing", body: body).status == 404)
            #expect(try wire.request("POST", "/echo", body: body).text == body)
            #expect(try wire.request("POST", "/topics/a", body: "x").text == "test-1")
        }
    }

    @Test func `Requests that came at once are not answered while nobody takes the answers`() async throws {
        try await ServedHub.run { hub in
            for _ in 1...4 {
                let large = String(repeating: "x", count: 100_000)
                #expect(try hub.connect().request("POST", "/topics/a", body: large).status == 200)
            }
            let wire = try hub.connect(receiveBuffer: 4 << 10, sendBuffer: 32 << 10)
            let poll = "GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nAccept: application/json\r\n"
            try wire.send(String(repeating: poll + "Last-Event-ID: earliest\r\n\r\n", count: 60))
            func answers() async throws -> Int {
                try await hub.hub.counters().reduce(0) { $0 + ($1.closed[StreamEnd.answered.rawValue]) }
            }
            #expect(try await eventually { try await answers() > 0 })
            // Others are answered meanwhile, which takes their time.
            for _ in 1...50 { #expect(try hub.connect().request("GET", "/healthz").status == 200) }
            // The kernel takes some megabytes.
            #expect(try await answers() < 30)
            for _ in 1...60 { #expect(try wire.readResponse().text.contains("xxxxx")) }
            #expect(try await answers() == 60)
        }
    }

    @Test func `Requests that wait for room are answered though their sender has nothing more to say`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 64 << 10)
            let count = 20_000
            let one = "HEAD /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n\r\n"
            // The answers are more than all buffers on the way take.
            try wire.send(String(repeating: one, count: count))
            wire.endOutput()
            let answers = try wire.readTextToEnd(within: 20)
            #expect(answers.components(separatedBy: "HTTP/1.1 200 OK\r\n").count == count + 1)
        }
    }

    @Test func `Answers that nobody reads do not pile up without end`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 4 << 10, sendBuffer: 32 << 10)
            let id = String(repeating: "i", count: 1000)
            #expect(try wire.request("POST", "/topics/a?id=\(id)", body: "").status == 200)
            let one = "HEAD /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nLast-Event-ID: \(id)\r\n\r\n"
            let all = Array(String(repeating: one, count: 24_000).utf8)
            #expect(try wire.sendSome(all, patience: 1) < all.count)
        }
    }
}
