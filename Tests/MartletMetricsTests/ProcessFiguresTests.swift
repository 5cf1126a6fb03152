import NIOCore
import NIOPosix
import Testing

@testable import MartletMetrics

@Suite("What the process uses", .enabled(if: ProcessFigures.now() != nil))
struct ProcessFiguresTests {
    @Test func `Memory that is written to is resident`() throws {
        let before = try #require(ProcessFigures.now())
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 20, alignment: 4096)
        defer { memory.deallocate() }
        for place in stride(from: 0, to: memory.count, by: 1024) { memory[place] = 1 }
        let after = try #require(ProcessFigures.now())
        // Others come and go meanwhile.
        #expect(after.residentBytes - before.residentBytes > 32 << 20)
        #expect(memory[1 << 20] == 1)
    }

    @Test func `Computing takes CPU time`() throws {
        let before = try #require(ProcessFigures.now())
        let start = NIODeadline.now()
        var after = before
        while after.cpuSeconds - before.cpuSeconds < 0.05, NIODeadline.now() - start < .seconds(20) {
            after = try #require(ProcessFigures.now())
        }
        #expect(after.cpuSeconds - before.cpuSeconds >= 0.05)
    }

    @Test func `A descriptor that is opened is counted`() async throws {
        let before = try #require(ProcessFigures.now()?.openDescriptors)
        let channels = try await withThrowingTaskGroup(of: (any Channel).self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .bind(host: "127.0.0.1", port: 0).get()
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let after = try #require(ProcessFigures.now()?.openDescriptors)
        #expect(after - before >= 25)
        for channel in channels { try await channel.close() }
    }

    @Test func `The process began before now, and not long ago`() throws {
        let first = try #require(ProcessFigures.now()?.startTime)
        #expect(ProcessFigures.now()?.startTime == first)
        // In seconds since 1970; this was written in 2025.
        #expect(first > 1_700_000_000)
    }

    @Test(arguments: [
        ("7 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 999 123 x", 4711, 123),
        ("7 (a) b) ) (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 999 123 x", 4711, 123),
        ("7 (\") S 1 2 3) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 999 123 x\n", 4711, 123),
    ])
    func `A program may be called what it likes`(_ text: String, _ start: Int, _ pages: Int) throws {
        let stat = try #require(ProcessStat(text))
        #expect(stat.startTicks == start)
        #expect(stat.residentPages == pages)
    }

    @Test(arguments: [
        "", "7", "7 (a)", "7 (a) S 1 2 3", "7 a S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22",
    ])
    func `What is no such text gives nothing`(_ text: String) {
        #expect(ProcessStat(text) == nil)
    }
}
