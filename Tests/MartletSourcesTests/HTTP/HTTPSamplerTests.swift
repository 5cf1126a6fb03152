import AsyncHTTPClient
import Martlet
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import MartletSources

@Suite("The http sampler", .timeLimit(.minutes(1)))
struct HTTPSamplerTests {
    typealias Reply = AnsweringServer.Reply

    private static func watch(_ id: String = "1") throws -> Watch {
        Watch(topic: try Topic("users/\(id.utf8.map { String($0, radix: 16) }.joined())"), variables: ["id": id])
    }

    private static func sampler(
        _ server: AnsweringServer,
        _ path: String = "/users/{id}",
        headers: [(name: String, value: String)] = [],
        timeout: TimeAmount = .seconds(20)
    ) throws -> HTTPSampler {
        try HTTPSampler(
            url: HTTPURLTemplate(server.origin + path),
            headers: headers,
            options: .init(timeout: timeout, bodyLimit: 1000)
        )
    }

    /// What one watch gets when the server answers so.
    private func ask(
        timeout: TimeAmount = .seconds(20),
        _ answer: @escaping AnsweringServer.Answer,
        then check: @escaping @Sendable (AnsweringServer, Result<String, SourceProblem>) throws -> Void
    ) async throws {
        try await AnsweringServer.run(answer) { server in
            let sampler = try Self.sampler(server, timeout: timeout)
            let results = await sampler.sample([try Self.watch()])
            #expect(results.count == 1)
            try check(server, results[0])
        }
    }

    @Test func `gives the body as it is, and sends what is configured`() async throws {
        let answer: AnsweringServer.Answer = { request in
            Reply(.ok, request.headers["Authorization"].first == "Bearer secret" ? "{ \"a\" : 1 }\n" : "")
        }
        try await AnsweringServer.run(answer) { server in
            let sampler = try Self.sampler(server, headers: [("Authorization", "Bearer secret")])
            #expect(await sampler.sample([try Self.watch()]) == [.success("{ \"a\" : 1 }\n")])
            let request = try #require(server.requests.first)
            #expect(request.uri == "/users/1" && request.method == .GET)
            #expect(request.headers["User-Agent"] == ["Martlet"])
            #expect(request.headers["Host"] == ["127.0.0.1:\(server.port)"])
        }
    }

    @Test func `keeps the value as long as the server says that it has not changed`() async throws {
        let current = Box(1)
        let answer: AnsweringServer.Answer = { request in
            let version = current.value
            let etag = "\"v\(version)\""
            if request.headers["If-None-Match"].first == etag { return Reply(.notModified) }
            return Reply(
                .ok,
                "value \(version)",
                headers: [("ETag", etag), ("Last-Modified", "Tue, 03 Nov 2026 10:00:00 GMT")]
            )
        }
        try await AnsweringServer.run(answer) { server in
            let sampler = try Self.sampler(server)
            let watch = try Self.watch()
            #expect(await sampler.sample([watch]) == [.success("value 1")])
            #expect(await sampler.sample([watch]) == [.success("value 1")])
            current.value = 2
            #expect(await sampler.sample([watch]) == [.success("value 2")])
            #expect(await sampler.sample([watch, try Self.watch("2")]) == [.success("value 2"), .success("value 2")])
            await sampler.close()
            #expect(await sampler.sample([watch]) == [.success("value 2")])
            #expect(server.requests.map { $0.headers["If-None-Match"].first }.filter { $0 != nil }.count == 3)
            #expect(server.requests.last?.headers["If-None-Match"] == [])
            #expect(server.requests[1].headers["If-Modified-Since"] == ["Tue, 03 Nov 2026 10:00:00 GMT"])
        }
    }

    @Test(
        "tells a status that is no success in a sentence",
        arguments: [
            (400, "400 Bad Request", SourceProblem.Code.refused), (404, "404 Not Found", .refused),
            (429, "429 Too Many Requests", .unavailable), (500, "500 Internal Server Error", .unavailable),
            (503, "503 Service Unavailable", .unavailable), (300, "300 Multiple Choices", .refused),
        ]
    )
    func status(_ code: Int, _ text: String, _ expected: SourceProblem.Code) async throws {
        try await self.ask({ _ in Reply(.init(statusCode: code), "no") }) { server, result in
            #expect(result == .failure(SourceProblem(expected, "\(server.origin)/users/1 answers \(text)")))
        }
    }

    @Test func `refuses 304 to what was not asked`() async throws {
        try await self.ask({ _ in Reply(.notModified) }) { _, result in
            #expect(result.problem?.message.contains("answers 304 to a question that was not whether") == true)
        }
    }

    @Test func `refuses a body that is too large, announced or not`() async throws {
        try await self.ask({ _ in Reply(.ok, String(repeating: "x", count: 1001)) }) { server, result in
            #expect(result.problem?.message == "\(server.origin)/users/1 answers with more than 1000 bytes")
        }
        let answer: AnsweringServer.Answer = { _ in
            var reply = Reply(.ok, String(repeating: "x", count: 100_000), headers: [("Transfer-Encoding", "chunked")])
            reply.isUnfinished = true
            return reply
        }
        try await self.ask(answer) { server, result in
            #expect(result.problem?.message == "\(server.origin)/users/1 answers with more than 1000 bytes")
        }
        try await self.ask({ _ in Reply(.ok, String(repeating: "x", count: 1000)) }) { _, result in
            #expect(result.problem == nil)
        }
    }

    @Test func `refuses what is no text`() async throws {
        let answer: AnsweringServer.Answer = { _ in
            var reply = Reply(.ok, headers: [("Content-Encoding", "gzip")])
            reply.body = [0x1F, 0x8B, 0xFF]
            return reply
        }
        try await self.ask(answer) { _, result in
            #expect(result.problem?.message.hasSuffix("no UTF-8 text (Content-Encoding: gzip)") == true)
            #expect(result.problem?.code == .refused)
        }
    }

    @Test("gives up a server that is slow", arguments: [true, false])
    func slow(afterHead: Bool) async throws {
        let answer: AnsweringServer.Answer = { _ in
            guard afterHead else {
                try? await Task.sleep(for: .seconds(60))
                return Reply()
            }
            var reply = Reply(.ok, "beginning", headers: [("Content-Length", "100")])
            reply.isUnfinished = true
            return reply
        }
        try await self.ask(timeout: .milliseconds(300), answer) { server, result in
            let sentence = "\(server.origin)/users/1 did not answer in whole within 0.3 s"
            #expect(result == .failure(SourceProblem(.unavailable, sentence)))
        }
    }

    @Test func `a server that hangs ends a round soon, and what it answers comes first in the next`() async throws {
        let isHealthy = Box(false)
        let answer: AnsweringServer.Answer = { request in
            // Every tenth path is well.
            if !isHealthy.value, !request.uri.hasSuffix("0") { try? await Task.sleep(for: .seconds(60)) }
            return Reply(.ok, request.uri)
        }
        try await AnsweringServer.run(answer) { server in
            let sampler = try Self.sampler(server, timeout: .seconds(1))
            let watches = try (1...500).map { try Self.watch(String($0)) }
            var served: Set<Int> = []
            // Two timeouts a round, and not fifty.
            for _ in 0..<3 {
                let start = ContinuousClock.now
                let results = await sampler.sample(watches)
                #expect(ContinuousClock.now - start < .seconds(6))
                let good = Set(results.indices.filter { results[$0].problem == nil })
                #expect(served.isSubset(of: good) && good.count > served.count)
                served = good
                #expect(results.allSatisfy { $0.problem.map { $0.code == .unavailable } ?? true })
                let sentence = "/users/… was not asked for: 8 others had no answer within 1.0 s"
                #expect(results.contains { $0.problem?.message.hasSuffix(sentence) == true })
            }
            // All are asked in the end, what is well before what hung.
            isHealthy.value = true
            let all = (1...500).map { Result<String, SourceProblem>.success("/users/\($0)") }
            try await eventually("all are answered") { await sampler.sample(watches) == all }
        }
    }

    @Test func `what was answered is asked for first, then what is new and what hung in turn`() throws {
        let watches = try (0..<8).map { try Self.watch(String($0)) }
        var rounds = HTTPRounds()
        #expect(rounds.order(watches) == Array(0..<8))
        for index in [0, 2] { rounds.hangs(watches[index].topic) }
        for index in [5, 7] { rounds.answers(watches[index].topic) }
        #expect(rounds.order(watches) == [5, 7, 1, 0, 3, 2, 4, 6])
        rounds.hangs(watches[0].topic)
        #expect(rounds.order(watches) == [5, 7, 1, 2, 3, 0, 4, 6])
        rounds.hangs(watches[5].topic)
        rounds.answers(watches[0].topic)
        #expect(rounds.order(watches) == [0, 7, 1, 2, 3, 5, 4, 6])
    }

    @Test func `says that nobody is there, once for all`() async throws {
        let sampler = try HTTPSampler(url: HTTPURLTemplate("http://127.0.0.1:1/{id}?key=secret"))
        let watches = try (0..<100).map { try Self.watch(String($0)) }
        let results = await sampler.sample(watches)
        #expect(results.allSatisfy { $0.problem?.code == .unavailable })
        #expect(Set(results.compactMap(\.problem)).count <= 8)
        #expect(results[0].problem?.message.hasPrefix("http://127.0.0.1:1/0?… cannot be reached: ") == true)
    }

    @Test func `follows redirects on the same server, and asks there whether it has changed`() async throws {
        let answer: AnsweringServer.Answer = { request in
            if request.uri == "/users/1" { return Reply(.found, headers: [("Location", "../b?x=1")]) }
            if request.headers["If-None-Match"] == ["\"1\""] { return Reply(.notModified) }
            return Reply(.ok, "at \(request.uri)", headers: [("ETag", "\"1\"")])
        }
        try await AnsweringServer.run(answer) { server in
            let sampler = try Self.sampler(server, headers: [("X-Key", "k")])
            #expect(await sampler.sample([try Self.watch()]) == [.success("at /b?x=1")])
            #expect(await sampler.sample([try Self.watch()]) == [.success("at /b?x=1")])
            #expect(server.requests.map(\.uri) == ["/users/1", "/b?x=1", "/users/1", "/b?x=1"])
            #expect(server.requests.map { $0.headers["If-None-Match"].count } == [0, 0, 0, 1])
            #expect(server.requests.allSatisfy { $0.headers["X-Key"] == ["k"] })
        }
    }

    @Test func `follows no redirect to another server`() async throws {
        try await AnsweringServer.run({ _ in Reply(.ok, "secret") }) { other in
            let answer: AnsweringServer.Answer = { _ in Reply(.found, headers: [("Location", other.origin + "/")]) }
            try await self.ask(answer) { server, result in
                let sentence = "\(server.origin)/users/1 redirects to another server, which is not followed"
                #expect(result == .failure(SourceProblem(.refused, sentence)))
            }
            #expect(other.requests.isEmpty)
        }
    }

    @Test func `follows five redirects and no more`() async throws {
        let answer: AnsweringServer.Answer = { request in
            let count = Int(request.uri.dropFirst()) ?? 0
            return Reply(.temporaryRedirect, headers: [("Location", "/\(count + 1)")])
        }
        try await self.ask(answer) { server, result in
            #expect(result.problem?.message.hasSuffix("redirects more than 5 times") == true)
            #expect(server.requests.map(\.uri) == ["/users/1", "/1", "/2", "/3", "/4", "/5"])
        }
    }

    @Test func `asks for eight at a time`() async throws {
        let load = Load()
        let answer: AnsweringServer.Answer = { request in
            load.begin()
            try? await Task.sleep(for: .milliseconds(5))
            load.end()
            return Reply(.ok, request.uri)
        }
        try await AnsweringServer.run(answer) { server in
            let watches = try (0..<100).map { try Self.watch(String($0)) }
            let results = try await Self.sampler(server).sample(watches)
            #expect(results == (0..<100).map { .success("/users/\($0)") })
            #expect(load.most <= 8)
        }
    }

    @Test func `sends hostile values as one segment`() async throws {
        try await AnsweringServer.run({ Reply(.ok, $0.uri) }) { server in
            let watches = try HostileValue.all.map { try Self.watch($0.value) }
            let results = try await Self.sampler(server, "/a/{id}/b?c=d").sample(watches)
            for (result, hostile) in zip(results, HostileValue.all) {
                if let encoded = hostile.encoded {
                    #expect(result == .success("/a/\(encoded)/b?c=d"))
                } else {
                    #expect(result.problem?.code == .refused)
                }
            }
        }
    }

    @Test(
        "refuses a host or port that makes no sense",
        arguments: ["http://host:0/", "http://host:65536/", "http://a:b/"]
    )
    func authority(_ text: String) throws {
        let url = try HTTPURLTemplate(text)
        #expect(throws: SourceProblem.self) { try HTTPSampler(url: url) }
    }

    @Test(
        "refuses headers that can't be sent",
        arguments: [
            ("", "x"), ("a b", "x"), ("X:", "x"), ("X", "a\r\nB: c"), ("X", "a\0"), ("Host", "evil.example"),
            ("if-none-match", "x"), ("Transfer-Encoding", "chunked"),
        ]
    )
    func headers(_ name: String, _ value: String) throws {
        let url = try HTTPURLTemplate("http://host/")
        #expect(throws: SourceProblem.self) { try HTTPSampler(url: url, headers: [(name, value)]) }
    }
}

extension Result where Failure == SourceProblem {
    var problem: SourceProblem? {
        if case .failure(let problem) = self { problem } else { nil }
    }
}

/// How much happens at once.
private final class Load: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var most: Int { self.state.withLock { $0.most } }

    func begin() {
        self.state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }

    func end() {
        self.state.withLock { $0.now -= 1 }
    }
}
