import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(1))) struct BookmarkTests {
    @Test func `a bookmark is found by its source and item, the newest`() async throws {
        let log = MemoryLog()
        try await withHub(log: log) { hub, _ in
            #expect(try await hub.bookmark(of: "orders") == nil)
            try await hub.publish([.sample("a")], bookmarks: [Bookmark(of: "orders", value: "1")])
            try await hub.publish([], bookmarks: [Bookmark(of: "orders", value: "2"), Bookmark(of: "x", value: "9")])
            try await hub.publish([], bookmarks: [Bookmark(of: "orders", item: "7", value: "3")])
            #expect(try await hub.bookmark(of: "orders") == "2")
            #expect(try await hub.bookmark(of: "orders", item: "7") == "3")
            #expect(try await hub.bookmark(of: "x") == "9")
            #expect(try await hub.bookmark(of: "7") == nil)
            #expect(log.bounds.last == 1)
        }
    }

    @Test func `a bookmark whose updates were not taken is not noted`() async throws {
        let log = ScriptedLog(failing: { _ in LogError(code: .unavailable, message: "Full.") })
        try await withHub(log: log) { hub, _ in
            await #expect(throws: PublishError.self) {
                try await hub.publish([.sample("a")], bookmarks: [Bookmark(of: "orders", value: "1")])
            }
        }
        #expect(try await log.bookmark(Bookmark.Name(source: "orders")) == nil)
    }

    @Test func `of items the least recently noted go, of sources none`() async throws {
        let log = MemoryLog()
        _ = try await log.append([], bookmarks: [Bookmark(of: "s", value: "whole")])
        for number in 0..<3 * Bookmark.maxItems {
            _ = try await log.append([], bookmarks: [Bookmark(of: "s", item: "\(number)", value: "v")])
        }
        #expect(try await log.bookmark(Bookmark.Name(source: "s")) == "whole")
        #expect(try await log.bookmark(Bookmark.Name(source: "s", item: "0")) == nil)
        #expect(try await log.bookmark(Bookmark.Name(source: "s", item: "\(3 * Bookmark.maxItems - 1)")) == "v")
    }
}
