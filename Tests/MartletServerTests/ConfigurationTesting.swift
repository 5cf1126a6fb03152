import Foundation

@testable import MartletServer

/// A folder that holds `martlet.yaml` and goes away with the value.
final class ConfigurationFolder {
    let path: String
    var file: String { "\(path)/martlet.yaml" }

    convenience init(_ yaml: String? = nil) throws {
        try self.init(bytes: yaml.map { Data($0.utf8) })
    }

    init(bytes: Data?) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)")
        path = url.path
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try bytes?.write(to: url.appending(path: "martlet.yaml"))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// What is wrong, with the folder's name left out, or an empty text.
    func refusal(environment: [String: String] = [:], flags: [Configuration.Flag] = []) -> String {
        do {
            _ = try Configuration.load(file: file, environment: environment, flags: flags)
            return ""
        } catch {
            return error.description.replacing("\(path)/", with: "")
        }
    }

    func load(environment: [String: String] = [:], flags: [Configuration.Flag] = []) throws -> Configuration.Loaded {
        try Configuration.load(file: file, environment: environment, flags: flags)
    }
}
