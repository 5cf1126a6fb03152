import NIOCore
import NIOPosix
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

@Suite(.timeLimit(.minutes(1))) struct GreetingTests {
    /// What a newcomer gets of a value that is older than what came on other topics, and of a backlog.
    @Test func `values and backlog come in one frame, in order, and leave the newcomer with the place he is at`()
        async throws
    {
        let value = OwnedTopics(of: "v", selector: try Selector("value"), isPublic: true, isConflated: true)
        let lines = OwnedTopics(of: "l", selector: try Selector("lines"), isPublic: true, backlog: 2)
        let log = MemoryLog(epoch: Epoch("k3f9xa")!)
        let group = MultiThreadedEventLoopGroup.singleton
        let hub = Hub(log: log, eventLoopGroup: group, owned: [value, lines])
        let eventLoop = group.next()
        let outlet = try await eventLoop.submit { NIOLoopBound(FullOutlet(), eventLoop: eventLoop) }.get()
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await hub.run() }
            for (topic, data) in [("value", "1"), ("lines", "a"), ("other", "x"), ("lines", "b"), ("other", "y")] {
                try await hub.publish([.sample(topic, data: data)])
            }
            let interest = try Interest.sample("value", "lines")
            let start = try await withCheckedThrowingContinuation { continuation in
                hub.join(interest) { continuation.resume(with: $0) }
            }
            let text = try await eventLoop.submit {
                _ = hub.shard(on: eventLoop).join(interest, from: start, outlet: outlet.value)
                return outlet.value.text
            }.get()
            #expect(
                text == """
                    id: k3f9xa-1
                    data: 1

                    id: k3f9xa-2
                    data: a

                    id: k3f9xa-4
                    data: b

                    id: k3f9xa-5


                    """
            )
            tasks.cancelAll()
        }
    }

    /// Takes one frame and is full then.
    private final class FullOutlet: StreamOutlet {
        var text = ""
        var progress: Int { 0 }
        var peer: StreamPeer { StreamPeer() }
        func send(_ frame: Frame) -> SendResult {
            self.text += String(buffer: frame.payload)
            return .full
        }
        func end(with last: Frame?) {}
    }
}
