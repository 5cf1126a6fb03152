import Testing

@testable import Martlet

/// The promise of the hub: every subscriber sees the updates it may see in the log's order, none twice, none missing.
@Suite(.timeLimit(.minutes(5))) struct ShardModelTests {
    @Test(arguments: 0..<20)
    func `everyone gets everything once and in order, over a log that keeps all`(seed: Int) async throws {
        try await ShardDriver.run(seed: seed, steps: 400, log: MemoryLog())
    }

    @Test(arguments: 100..<120)
    func `everyone gets everything or is told of a gap, over a log that trims`(seed: Int) async throws {
        let keep = Retention(updates: [0, 1, 20, 300][seed % 4], age: nil)
        try await ShardDriver.run(seed: seed, steps: 400, log: MemoryLog(keep: keep))
    }

    @Test(arguments: 200..<240)
    func `everyone gets the same where some streams are compressed, up to a checksum that is right`(
        seed: Int
    ) async throws {
        let keep = Retention(updates: [nil, 20, 300, nil][seed % 4], age: nil)
        try await ShardDriver.run(seed: seed, steps: 400, log: MemoryLog(keep: keep), compression: .gzip)
    }
}
