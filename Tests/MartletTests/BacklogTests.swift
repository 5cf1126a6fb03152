import NIOCore
import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(1))) struct BacklogTests {
    private func joined(_ selectors: [String], grants: [String] = [], isPublic: Bool = true) async throws -> [String] {
        let log = MemoryLog(epoch: Epoch("k3f9xa")!)
        for number in 1...5 {
            let update = try Update(topic: Topic("logs/app"), data: "line \(number)", isPrivate: !isPublic)
            _ = try await log.append([update, .sample("other")])
        }
        let owned = OwnedTopics(of: "app", selector: try Selector("logs/app"), isPublic: isPublic, backlog: 3)
        let interest = Interest(selectors: try selectors.map(Selector.init), grants: try grants.map(Selector.init))
        let history = History(log: log)
        let start = try await history.backlog(of: Ownership([owned]).backlogs(of: interest), for: interest)
        #expect(start.cursor == 10 && start.lastEventID == nil)
        return start.backlog.map { _, frame in
            let text = String(buffer: frame.payload)
            return text.split(separator: "\n").first { $0.hasPrefix("data:") }.map(String.init) ?? text
        }
    }

    @Test("A newcomer gets the newest few", arguments: [["logs/app"], ["*"], ["logs/{name}", "logs/app"]])
    func newest(selectors: [String]) async throws {
        #expect(try await self.joined(selectors) == ["data: line 3", "data: line 4", "data: line 5"])
    }

    @Test func `whoever looks at something else gets none`() async throws {
        #expect(try await self.joined(["other"]).isEmpty)
    }

    @Test func `of private lines only who may see them gets any`() async throws {
        #expect(try await self.joined(["*"], isPublic: false).isEmpty)
        #expect(try await self.joined(["*"], grants: ["logs/app"], isPublic: false).count == 3)
    }
}
