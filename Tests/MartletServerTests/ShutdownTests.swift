import Foundation
import Logging
import Martlet
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import MartletServer

@Suite("Shutting down", .timeLimit(.minutes(2)))
struct ShutdownTests {
    @Test func `A publisher in flight is answered, and its connection closed then`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let waits = try hub.connect()
            log.hold()
            try waits.send("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\nx")
            #expect(await eventually { log.waiters == 1 })
            let sends = try hub.connect()
            try sends.send("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 2\r\n\r\n1")
            let idle = try hub.connect()
            #expect(try idle.request("HEAD", "/topics/a").status == 200)
            let servedByRouter = try hub.connect()
            #expect(try servedByRouter.request("GET", "/healthz").status == 200)
            let partial = try hub.connect()
            try partial.send("GET /hea")
            let stream = try hub.connect()
            try stream.subscribe("/topics/a")
            await hub.beginShutdown()
            #expect(try idle.readToEnd() == [])
            try sends.send("2")
            #expect(try servedByRouter.readToEnd() == [])
            #expect(partial.ends())
            #expect(try stream.readChunkText()?.hasPrefix("retry: ") == true)
            #expect(try stream.readChunk() == nil)
            #expect(stream.ends())
            #expect(try waits.isSilent(for: 0.1))
            log.release()
            for wire in [waits, sends] {
                let response = try wire.readResponse()
                #expect(response.status == 200)
                #expect(response["Connection"] == "close")
                #expect(try wire.readToEnd() == [])
            }
        }
    }

    @Test func `A subscriber that comes while the server quiesces is not left open`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let looksUp = try hub.connect()
            log.hold()
            try looksUp.send("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nLast-Event-ID: what\r\n\r\n")
            #expect(await eventually { log.waiters == 1 })
            let sends = try hub.connect()
            try sends.send("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\n")
            #expect(await eventually { hub.openConnections == 2 })
            let idle = try hub.connect()
            #expect(try idle.request("HEAD", "/topics/a").status == 200)
            await hub.beginShutdown()
            #expect(idle.ends())
            log.release()
            try sends.send("x")
            #expect(looksUp.ends(within: 3))
            #expect(sends.ends(within: 3))
        }
    }

    @Test func `A large page is sent to its end although the server shuts down`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 4 << 10)
            try wire.send("GET /big HTTP/1.1\r\nHost: hub.localhost\r\n\r\n")
            _ = try wire.readHead()
            let idle = try hub.connect()
            #expect(try idle.request("HEAD", "/topics/a").status == 200)
            await hub.beginShutdown()
            #expect(idle.ends())
            #expect(ServedHub.isBig(try wire.readToEnd()))
        }
    }

    @Test(arguments: [
        "", "GET /healthz HTTP/1.1\r\nHost: hub.localhost\r\n\r\n",
        "HEAD /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n\r\n",
    ])
    func `An embedded server that is cancelled ends although a connection lies idle`(_ request: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(request)
            if !request.isEmpty { #expect(try wire.readHead().status == 200) }
            #expect(await eventually { hub.openConnections == 1 })
            hub.cancelServer()
            #expect(await eventually(within: 3) { hub.hasEnded })
        }
    }

    /// A whole server on free ports with its log in memory.
    private static func withServer(
        drain: Duration = .milliseconds(200),
        _ body: (_ port: Int, _ admin: Int, _ services: ServiceGroup, _ task: Task<Void, any Error>, _ ended: Flag)
            async throws -> Void
    ) async throws {
        let (addresses, listening) = AsyncStream.makeStream(of: HubServer.Listening.self)
        let configuration = Configuration(
            listen: .loopback(port: 0),
            admin: .loopback(port: 0),
            log: Configuration.Log(store: .memory),
            streams: Configuration.Streams(drain: drain),
            loops: 2
        )
        let server = try await HubServer(configuration: configuration, logger: .silent) { listening.yield($0) }
        let services = ServiceGroup(configuration: .init(services: [server], logger: .silent))
        let ended = Flag()
        let task = Task {
            defer { ended.raise() }
            try await services.run()
        }
        let address = try #require(await addresses.first { _ in true })
        func port(_ url: String?) throws -> Int { try #require(url?.split(separator: ":").last.flatMap { Int($0) }) }
        let ports = (try port(address.hub), try port(address.admin))
        try await TestThread.run { try await body(ports.0, ports.1, services, task, ended) }
    }

    @Test func `The whole server ends in good order whatever its clients are in the midst of`() async throws {
        try await Self.withServer { port, admin, services, task, ended in
            let stream = try Wire(port: port)
            try stream.subscribe("/topics/a")
            let idle = try Wire(port: port)
            #expect(try idle.request("GET", "/readyz").text == "ready\n")
            let status = try Wire(port: admin)
            #expect(try status.request("GET", "/status").text.contains("\"streams\":1,"))
            let silent = try Wire(port: port)
            let partial = try Wire(port: port)
            try partial.send("POST /topics/a HTT")
            let publisher = try Wire(port: port)
            #expect(try publisher.request("POST", "/topics/a", body: "x").status == 200)
            await services.triggerGracefulShutdown()
            var text = ""
            while !text.contains("retry:"), let chunk = try stream.readChunkText() { text += chunk }
            #expect(text.contains("data: x\n\n"))
            #expect(text.contains(/retry: 1[0-9]{3}\n\n/))
            #expect(stream.ends())
            // For a second a load balancer can see that it is going.
            let check = try Wire(port: port)
            let ready = try check.request("GET", "/readyz")
            #expect(ready.status == 503)
            #expect(ready.text == "The hub is shutting down.\n")
            #expect(await eventually(within: 8) { ended.isRaised })
            _ = (silent, partial)
            try await task.value
        }
    }

    @Test func `The whole server ends within its time although a publisher's body stays away`() async throws {
        try await Self.withServer { port, _, services, task, ended in
            let wire = try Wire(port: port)
            try wire.send("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 10\r\n\r\nx")
            let page = try Wire(port: port)
            try page.send("POST /nothing HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 10\r\n\r\nx")
            let idle = try Wire(port: port)
            #expect(try idle.request("GET", "/healthz").status == 200)
            await services.triggerGracefulShutdown()
            #expect(await eventually(within: 5) { ended.isRaised })
            wire.close()
            page.close()
            #expect(await eventually { ended.isRaised })
            try await task.value
        }
    }

    @Test func `A server that is cancelled ends at once, with connections of all kinds open`() async throws {
        try await Self.withServer { port, _, _, task, ended in
            let stream = try Wire(port: port)
            try stream.subscribe("/topics/a")
            let idle = try Wire(port: port)
            #expect(try idle.request("POST", "/topics/a", body: "x").status == 200)
            let page = try Wire(port: port)
            #expect(try page.request("GET", "/healthz").status == 200)
            task.cancel()
            #expect(await eventually(within: 5) { ended.isRaised })
            _ = (stream, idle, page)
        }
    }

    @Test func `A port that is taken is told with its address`() async throws {
        try await Self.withServer { port, _, services, task, _ in
            let configuration = Configuration(
                listen: .loopback(port: port),
                admin: nil,
                log: Configuration.Log(store: .memory),
                loops: 1
            )
            let second = try await HubServer(configuration: configuration, logger: .silent)
            await #expect {
                try await second.run()
            } throws: { error in
                "\(error)".contains("Cannot listen on 127.0.0.1:\(port): another program is listening there")
            }
            await services.triggerGracefulShutdown()
            try await task.value
        }
    }
}
