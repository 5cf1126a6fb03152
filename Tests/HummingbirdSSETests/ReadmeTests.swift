import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdSSE
import Testing

@Suite("The example in README.md")
struct ReadmeTests {
    private struct Feed: Sendable {
        struct Entry: Encodable {
            var id: String
        }

        func entries(after id: String?) -> AsyncStream<Entry> {
            AsyncStream { source in
                for number in ((id.flatMap { Int($0) } ?? 0) + 1)...3 { source.yield(Entry(id: "\(number)")) }
                source.finish()
            }
        }
    }

    /// The example, line by line, but for the last, which takes a port of its own.
    private static func router(_ feed: Feed) -> Router<BasicRequestContext> {
        let router = Router()
        router.sse("time", every: .seconds(1)) { context in ["time": Date.now.ISO8601Format()] }
        router.sse("feed") { context, stream in
            for await entry in feed.entries(after: stream.lastEventID) {
                try await stream.send(entry, type: "entry", id: entry.id)
            }
        }
        return router
    }

    @Test func `It does what it says`() async throws {
        try await Served.run(Self.router(Feed())) { served in
            let feed = try await served.get("/feed", headers: "Last-Event-ID: 2")
            try await feed.expect(":\n\nevent: entry\nid: 3\ndata: {\"id\":\"3\"}\n\n")
            let time = try await served.get("/time")
            try await eventually("the time") { time.body.hasSuffix("Z\"}\n\n") }
            #expect(time.body.hasPrefix(":\n\ndata: {\"time\":\"20"))
        }
    }

    @Test func `It is what is compiled here`() throws {
        let here = URL(fileURLWithPath: #filePath)
        let readme = here.deletingLastPathComponent().appending(path: "../../README.md").standardized
        let sections = try String(contentsOf: readme, encoding: .utf8)
            .components(separatedBy: "## One live route in a Hummingbird app\n")
        let section = try #require(sections.dropFirst().first)
        let block = try #require(section.components(separatedBy: "```swift\n").dropFirst().first)
        let code = try #require(block.components(separatedBy: "```").first)
        let compiled = try String(contentsOf: here, encoding: .utf8).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let lines = code.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.count > 8)
        #expect(lines.last == "try await Application(router: router).runService()")
        var rest = compiled[...]
        for line in lines.dropLast() {
            let found = try #require(rest.firstIndex(of: line), "\(line)")
            rest = rest[(found + 1)...]
        }
    }
}
