#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Scheme, host and port (RFC 6454): where an `http` source may ask.
struct HTTPOrigin: Sendable, Hashable {
    private let scheme: String
    private let host: String
    private let port: Int

    /// The origin of an absolute URL of http or https; nil if it is none, or names a user.
    init?(_ url: String) {
        guard let url = URL(string: url) else { return nil }
        self.init(url)
    }

    private init?(_ url: URL) {
        guard let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host()?.lowercased(), !host.isEmpty,
            url.user() == nil, url.password() == nil,
            (1...65535).contains(url.port ?? 80)
        else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = url.port ?? (scheme == "https" ? 443 : 80)
    }

    /// Where a `Location` at `url` points, if that is within this origin.
    func target(of location: String, at url: String) -> String? {
        guard let base = URL(string: url),
            let target = URL(string: location, relativeTo: base)?.absoluteURL,
            HTTPOrigin(target) == self
        else { return nil }
        // A fragment is not for the server.
        return String(target.absoluteString.prefix { $0 != "#" })
    }
}
