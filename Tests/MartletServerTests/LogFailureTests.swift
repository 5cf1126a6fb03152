import Martlet
import Testing

@testable import MartletServer

@Suite("When the log fails", .timeLimit(.minutes(2)))
struct LogFailureTests {
    @Test func `A publish is refused with what the log says, nothing is delivered, and all is well once it works`()
        async throws
    {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=*")
            let wire = try hub.connect()
            #expect(try wire.request("GET", "/readyz").text == "ready\n")
            log.fail(LogError(code: .full, message: "There is no space left on the disk."))
            for (target, fields, body) in [
                ("/topics/a", "", "lost"), (ServedHub.path, "", "topic=a&data=lost"),
                (ServedHub.path, "Content-Type: application/x-ndjson\r\n", "{\"topic\":\"a\"}\n{\"topic\":\"b\"}"),
            ] {
                let response = try wire.request("POST", target, fields: fields, body: body)
                #expect(response.line == "HTTP/1.1 503 Service Unavailable")
                #expect(response["Retry-After"] == "1")
                #expect(response.text == "There is no space left on the disk.\n")
            }
            let ready = try wire.request("GET", "/readyz")
            #expect(ready.status == 503)
            #expect(ready.text == "The log does not work: There is no space left on the disk.\n")
            #expect(try wire.request("GET", "/healthz").text == "ok\n")
            log.fail(nil)
            #expect(try wire.request("POST", "/topics/a", body: "kept").text == "test-1")
            #expect(try wire.request("GET", "/readyz").text == "ready\n")
            #expect(try subscriber.readChunkText() == "id: test-1\ndata: kept\n\n")
        }
    }

    @Test func `Publishers that wait together for a log that fails are all refused`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            log.hold()
            let wires = try (1...20).map { _ in
                let wire = try hub.connect()
                try wire.send("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\nx")
                return wire
            }
            #expect(await eventually { log.waiters == 1 && hub.openConnections == 20 })
            log.fail(LogError(code: .unavailable, message: "No."))
            log.release()
            for wire in wires { #expect(try wire.readResponse().status == 503) }
            log.fail(nil)
            for wire in wires { #expect(try wire.request("POST", "/topics/a", body: "x").status == 200) }
        }
    }

    @Test func `A hub that has ended refuses publishers`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            #expect(try wire.request("POST", "/topics/a", body: "x").status == 200)
            hub.endHub()
            #expect(
                try await eventually {
                    try wire.request("POST", "/topics/a", body: "x").text
                        == "The hub is shutting down; nothing was published.\n"
                }
            )
        }
    }
}
