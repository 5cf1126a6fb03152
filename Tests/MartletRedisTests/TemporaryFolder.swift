import Foundation

/// A folder that goes with its owner. In /tmp, because the path of a Unix socket has to be short.
final class TemporaryFolder: Sendable {
    let path = "/tmp/martlet-\(UUID().uuidString.prefix(8))"

    init() throws {
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    /// The path of a file in it.
    func file(_ name: String) -> String { self.path + "/" + name }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }
}
