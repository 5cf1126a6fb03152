import Martlet
import MartletSQLite
import Testing

@Suite(.timeLimit(.minutes(5))) struct SQLiteLogShardTests {
    @Test(arguments: 200..<208)
    func `everyone gets everything once and in order, over a log on disk that trims`(seed: Int) async throws {
        let folder = try TemporaryFolder()
        let log = try SQLiteLog(path: folder.file(), keep: Retention(updates: [0, 1, 20, 300][seed % 4], age: nil))
        try await ShardDriver.run(seed: seed, steps: 300, log: log) { while try await log.trimStep() {} }
    }
}
