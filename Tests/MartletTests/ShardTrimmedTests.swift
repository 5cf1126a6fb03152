import NIOCore
import NIOPosix
import ServerSentEvents
import Testing

@testable import Martlet

/// A reader whose place has left the tail and the log.
@Suite(.timeLimit(.minutes(1))) struct ShardTrimmedTests {
    @Test(arguments: [0, 1, 3])
    func `it is told of the gap, gets what is kept, and then what comes`(kept: Int) async throws {
        let log = MemoryLog(keep: Retention(updates: kept, age: nil), epoch: Epoch("k3f9xa")!)
        try await withHub(log: log, settings: Hub.Settings(tailBytes: 0)) { hub, group async throws in
            let loop = group.next()
            let outlet = try await loop.submit {
                var answers: [SendResult] = [.full]
                let outlet = ScriptedOutlet { answers.isEmpty ? .taken : answers.removeFirst() }
                outlet.subscriber = hub.shard(on: loop).join(try .sample("a"), from: .newcomer, outlet: outlet)
                return NIOLoopBound(outlet, eventLoop: loop)
            }.get()
            for number in 1...10 { try await hub.publish([.sample("a", data: "\(number)")]) }
            try await loop.submit {
                outlet.value.drain()
                hub.shard(on: loop).roomAvailable(for: outlet.value.subscriber!)
            }.get()
            // One gap, then what is kept.
            let before = 2 + kept
            try await eventually("it has read on") {
                try await loop.submit { try outlet.value.events.count == before }.get()
            }
            try await eventually("it is live") {
                try await loop.submit {
                    if case .live = outlet.value.subscriber!.state { true } else { false }
                }.get()
            }
            try await hub.publish([.sample("a", data: "11")])
            let events = try await loop.submit { try outlet.value.events }.get()
            let resumed = 10 - kept
            #expect(events[0].data == "1")
            #expect(events[1].type == "martlet:gap")
            #expect(events[1].lastEventID == "k3f9xa-\(resumed)")
            #expect(events[1].data == #"{"requested":"k3f9xa-1","reason":"trimmed","resumed":"k3f9xa-\#(resumed)"}"#)
            #expect(events[2...].map(\.data) == (resumed + 1...11).map { "\($0)" })
            #expect(try await hub.counters().map(\.gaps) == [1])
        }
    }
}
