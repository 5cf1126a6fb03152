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

    /// Throws if one of the places that were asked, the last of them included, is one that anybody on the way can answer
    /// for: it could put keys in, or send to where he does. Plain HTTP is for this machine only.
    static func check(_ places: [String]) throws(AccessError) {
        for (place, next) in zip(places, places.dropFirst()) {
            guard let place = URLComponents(string: place), let next = URLComponents(string: next) else {
                throw AccessError(description: "the server sends to what is no address")
            }
            guard next.scheme?.lowercased() == "https" || (next.scheme == place.scheme && next.host == place.host)
            else {
                throw AccessError(description: "the server sends elsewhere, over plain HTTP")
            }
        }
    }

    /// The text of a key set, within five seconds, however slowly it comes.
    static func keySet(at location: Configuration.Auth.KeySet) async throws -> String {
        switch location {
        case .file(let path): return try self.text(at: path)
        case .url(let url):
            let deadline = NIODeadline.now() + .seconds(5)
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), deadline: deadline)
            try self.check(response.history.map(\.request.url))
            guard response.status == .ok else {
                throw AccessError(description: "the server answers \(response.status.code)")
            }
            return String(buffer: try await response.body.collect(upTo: self.maxBytes, by: deadline))
        }
    }
}
