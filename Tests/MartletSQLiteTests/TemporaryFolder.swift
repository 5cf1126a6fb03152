import Foundation
import Martlet
import MartletSQLite

/// A folder that goes with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        self.path = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID())").path
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    /// The path of a file in it.
    func file(_ name: String = "log.db") -> String { self.path + "/" + name }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }
}

extension TemporaryFolder {
    /// Opens the log again once its last owner, which may be SQLite's queue, has let go of it.
    func reopened(_ open: () throws -> SQLiteLog) async throws -> SQLiteLog {
        var log: SQLiteLog?
        try await eventually("the log is let go of") {
            do {
                log = try open()
            } catch let error as LogError where error.message.contains("in use") || error.message.contains("locked") {
                return false
            }
            return true
        }
        return log!
    }
}
