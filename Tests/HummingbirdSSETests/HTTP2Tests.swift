import AsyncHTTPClient
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import HummingbirdSSE
import NIOCore
import NIOHTTP1
import NIOSSL
import ServerSentEvents
import Testing

@Suite("Streams over HTTP/2")
struct HTTP2Tests {
    private static func run(
        _ build: (Router<BasicRequestContext>) -> Void,
        _ test: (HTTPClient, _ address: String, Served) async throws -> Void
    ) async throws {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(Certificate.pem.utf8)).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(bytes: Array(Certificate.key.utf8), format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        tls.applicationProtocols = ["h2", "http/1.1"]
        try await Served.run(server: .http2Upgrade(tlsConfiguration: tls), build) { served in
            var configuration = HTTPClient.Configuration()
            var trust = TLSConfiguration.makeClientConfiguration()
            trust.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(Certificate.pem.utf8)))
            configuration.tlsConfiguration = trust
            configuration.httpVersion = .automatic
            let client = HTTPClient(configuration: configuration)
            let result: Result<Void, any Error>
            do {
                result = .success(try await test(client, "https://localhost:\(served.port)", served))
            } catch {
                result = .failure(error)
            }
            try await client.shutdown()
            try result.get()
        }
    }

    @Test func `Streams share a connection, and end with their closures`() async throws {
        let gate = Signal()
        try await Self.run {
            $0.sse("long") { _, stream in
                try await stream.send(["a": 1], id: "1")
                await gate.wait()
                try await stream.send("last")
            }
            $0.sse("short") { _, stream in try await stream.send("x") }
        } _: { client, address, _ in
            let long = try await client.execute(HTTPClientRequest(url: address + "/long"), timeout: .seconds(20))
            #expect(long.version == .http2)
            #expect(long.headers["content-type"] == ["text/event-stream"])
            var parts = long.body.makeAsyncIterator()
            var text = ""
            while !text.hasSuffix("}\n\n"), let part = try await parts.next() { text += String(buffer: part) }
            #expect(text == ":\n\nid: 1\ndata: {\"a\":1}\n\n")
            let short = try await client.execute(HTTPClientRequest(url: address + "/short"), timeout: .seconds(20))
            #expect(try await String(buffer: short.body.collect(upTo: 1 << 10)) == ":\n\ndata: x\n\n")
            gate.set()
            text = ""
            while let part = try await parts.next() { text += String(buffer: part) }
            #expect(text == "data: last\n\n")
        }
    }

    @Test func `HEAD answers the headers`() async throws {
        try await Self.run {
            $0.sse("stream") { _, _ in Issue.record("the closure runs") }
        } _: { client, address, _ in
            var request = HTTPClientRequest(url: address + "/stream")
            request.method = .HEAD
            let response = try await client.execute(request, timeout: .seconds(20))
            #expect(response.version == .http2)
            #expect(response.headers["content-type"] == ["text/event-stream"])
        }
    }

    @Test func `A closure that waits is cancelled when its client resets the stream`() async throws {
        let open = Counter()
        try await Self.run {
            $0.sse("waiting", options: EventStreamOptions(heartbeat: nil, stall: nil)) { _, _ in
                try await open.during { try await Task.sleep(for: .seconds(1000)) }
            }
        } _: { client, address, served in
            for _ in 0..<5 {
                let request = HTTPClientRequest(url: address + "/waiting")
                let stream = Task {
                    let response = try await client.execute(request, timeout: .seconds(20))
                    for try await _ in response.body {}
                }
                try await eventually("the stream begins") { open.value == 1 }
                stream.cancel()
                try await eventually("the closure ends") { open.value == 0 }
                _ = await stream.result
            }
            #expect(served.errors.isEmpty)
        }
    }

    @Test func `Who doesn't read holds the closure up, and nobody else on the connection`() async throws {
        let sent = Counter()
        let block = String(repeating: "x", count: 1 << 20)
        try await Self.run {
            $0.sse("much", options: EventStreamOptions(heartbeat: nil, stall: nil)) { _, stream in
                while true {
                    try await stream.send(block)
                    sent.add()
                }
            }
            $0.sse("short") { _, stream in try await stream.send("x") }
        } _: { client, address, _ in
            let much = try await client.execute(HTTPClientRequest(url: address + "/much"), timeout: .seconds(20))
            try await sent.comesToRest()
            let before = sent.value
            // The client grants a stream some MiB, and the kernel takes some.
            #expect(sent.value < 64)
            let short = try await client.execute(HTTPClientRequest(url: address + "/short"), timeout: .seconds(20))
            #expect(short.version == .http2)
            #expect(try await String(buffer: short.body.collect(upTo: 1 << 10)) == ":\n\ndata: x\n\n")
            var bytes = 0
            for try await part in much.body {
                bytes += part.readableBytes
                if bytes > (before + 10) << 20 { break }
            }
            #expect(sent.value > before)
        }
    }

    @Test func `A shutdown ends open streams`() async throws {
        let open = Counter()
        try await Self.run {
            $0.sse("waiting", options: EventStreamOptions(heartbeat: nil, stall: nil)) { _, _ in
                try await open.during { try await Task.sleep(for: .seconds(1000)) }
            }
        } _: { client, address, served in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        let request = HTTPClientRequest(url: address + "/waiting")
                        let response = try await client.execute(request, timeout: .seconds(20))
                        return try await String(buffer: response.body.collect(upTo: 1 << 10))
                    }
                }
                try await eventually("50 streams") { open.value == 50 }
                await served.shutDown()
                for try await body in group { #expect(body == ":\n\n") }
            }
            #expect(open.value == 0)
        }
    }
}
