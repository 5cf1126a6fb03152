import AsyncHTTPClient
import EventSourceClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import ContractTestService

/// The service itself: what it says of itself, what it refuses, and how it ends.
@Suite(.timeLimit(.minutes(1))) struct ServiceTests {
    private struct Description: Decodable {
        let name: String
        let capabilities: Set<String>
    }

    @Test func `it tells its name and capabilities`() async throws {
        try await Harness.run { harness async throws in
            let answer = try await harness.ask(.GET, "/")
            #expect(answer.status == .ok)
            let body = try await answer.body.collect(upTo: 1 << 20)
            let description = try JSONDecoder().decode(Description.self, from: Data(body.readableBytesView))
            #expect(!description.name.isEmpty)
            #expect(
                description.capabilities == [
                    "bom", "comments", "event-type-listeners", "headers", "last-event-id", "post", "read-timeout",
                    "report", "restart", "server-directed-shutdown-request",
                ]
            )
        }
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"streamUrl":"http://a/"}"#, #"{"callbackUrl":"http://a/"}"#,
        #"{"streamUrl":null,"callbackUrl":"http://a/"}"#, #"{"streamUrl":"file:///x","callbackUrl":"http://a/"}"#,
        #"{"streamUrl":"http://a/","callbackUrl":"b"}"#, #"{"streamUrl":1,"callbackUrl":"http://a/"}"#,
        #"{"streamUrl":"http://a/","callbackUrl":"http://a/","initialDelayMs":-1}"#,
        #"{"streamUrl":"http://a/","callbackUrl":"http://a/","initialDelayMs":"1"}"#,
        #"{"streamUrl":"http://a/","callbackUrl":"http://a/","initialDelayMs":1e300}"#,
        #"{"streamUrl":"http://a/","callbackUrl":"http://a/","readTimeoutMs":0}"#,
        #"{"streamUrl":"http://a/","callbackUrl":"http://a/","headers":["a"]}"#,
        #"{"streamUrl":"http://a/","callbackUrl":"http://a/","body":{}}"#,
    ])
    func `parameters that cannot be meant are refused`(body: String) async throws {
        try await Harness.run { harness async throws in
            #expect(try await harness.ask(.POST, "/", body).status == .badRequest)
        }
    }

    @Test func `a body without end is refused`() async throws {
        try await Harness.run { harness async throws in
            let body = #"{"tag":""# + String(repeating: "x", count: 3 << 20)
            #expect(try await harness.ask(.POST, "/", body).status == .payloadTooLarge)
        }
    }

    @Test(arguments: [
        "", "{}", #"{"command":"dance"}"#, #"{"command":"listen"}"#, #"{"command":"listen","listen":{}}"#,
        #"{"command":null}"#,
    ])
    func `commands that there are not are refused`(body: String) async throws {
        try await Harness.run { harness async throws in
            let stream = try await harness.open()
            #expect(try await harness.ask(.POST, stream, body).status == .badRequest)
        }
    }

    @Test(arguments: ["/streams/99", "/streams/-1"])
    func `a stream that there is not is not found`(path: String) async throws {
        try await Harness.run { harness async throws in
            #expect(try await harness.ask(.POST, path, #"{"command":"restart"}"#).status == .notFound)
            #expect(try await harness.ask(.DELETE, path).status == .notFound)
        }
    }

    @Test func `a closed stream is gone, and its connection with it`() async throws {
        try await Harness.run { harness async throws in
            let stream = try await harness.open(#""initialDelayMs":0"#)
            let connection = await harness.connections.next()
            #expect(try await harness.ask(.DELETE, stream).status == .noContent)
            #expect(try await harness.ask(.DELETE, stream).status == .notFound)
            #expect(try await harness.ask(.POST, stream, #"{"command":"restart"}"#).status == .notFound)
            connection.send("data: too late\n\n")
            connection.breakOff()
            // What another stream reports is all that is reported.
            _ = try await harness.open()
            await harness.connections.next().send("data: 1\n\n")
            #expect(await harness.report(number: 1) == .event("1"))
        }
    }

    @Test func `an answer that is no stream is reported once, and the stream is still there to be closed`() async throws
    {
        try await Harness.run { harness async throws in
            let stream = try await harness.open(streamURL: "http://127.0.0.1:\(harness.port)/nowhere")
            let report = await harness.report(number: 1)
            #expect(report.kind == "error")
            #expect(report.error?.contains("404") == true)
            #expect(try await harness.ask(.DELETE, stream).status == .noContent)
        }
    }

    @Test func `DELETE ends the service, with streams open`() async throws {
        let ports = Mailbox<Int>()
        let service = ContractService(port: 0, client: .forStreams, signals: [])
        let running = Task { try await service.run { await ports.put($0) } }
        let base = "http://127.0.0.1:\(await ports.next())/"
        var request = HTTPClientRequest(url: base)
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: "{\"streamUrl\":\"\(base)\",\"callbackUrl\":\"\(base)\"}"))
        #expect(try await HTTPClient.forStreams.execute(request, timeout: .seconds(10)).status == .created)
        request.method = .DELETE
        request.body = nil
        #expect(try await HTTPClient.forStreams.execute(request, timeout: .seconds(10)).status == .noContent)
        try await running.value
    }
}
