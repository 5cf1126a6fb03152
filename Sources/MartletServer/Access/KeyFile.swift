import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Keys that are kept elsewhere than in the configuration.
package enum KeyFile {
    /// Larger is no key, and no set of them.
    private static let maxBytes = 1 << 20

    /// A key's text, without the line end that editors put behind it.
    package static func text(at path: String) throws -> String {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        guard let data = try handle.read(upToCount: self.maxBytes), data.count < self.maxBytes,
            var text = String(validating: data, as: UTF8.self)
        else { throw CocoaError(.fileReadCorruptFile) }
        while text.hasSuffix("\n") || text.hasSuffix("\r\n") || text.hasSuffix("\r") { text.removeLast() }
        return text
    }

    /// The text of a key set, within five seconds.
    static func keySet(at location: Configuration.Auth.KeySet) async throws -> String {
        switch location {
        case .file(let path): return try self.text(at: path)
        case .url(let url):
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
            // A redirect to plain HTTP would let anybody on the way put keys in.
            guard response.url.map({ $0.scheme == URL(string: url)?.scheme }) ?? true else {
                throw AccessError(description: "the server sends elsewhere, by another scheme")
            }
            guard response.status == .ok else {
                throw AccessError(description: "the server answers \(response.status.code)")
            }
            return String(buffer: try await response.body.collect(upTo: self.maxBytes))
        }
    }
}
