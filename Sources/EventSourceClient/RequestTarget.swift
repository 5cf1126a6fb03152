import NIOHTTP1

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a request goes and with which headers, through the redirects on its way. Does no I/O.
///
/// Redirects are followed as `fetch` does, which EventSource is built on: at most ten in a row; what authorizes does
/// not go to another origin; and the next reconnection begins at the first URL again.
///
/// Source: WHATWG Fetch 4.4, "HTTP-redirect fetch"; RFC 9110 §15.4.
struct RequestTarget: Sendable {
    static let mostRedirects = 10
    private static let secretHeaders = ["Authorization", "Cookie", "Proxy-Authorization"]

    private var location: URL
    private var redirects = 0
    private(set) var headers: HTTPHeaders

    var url: String { location.absoluteString }

    init(_ url: String, headers: HTTPHeaders) throws(EventSourceError) {
        guard let location = URL(string: url), Self.isHTTP(location) else {
            throw EventSourceError(.invalidRequest, "not an absolute http or https URL", url: url)
        }
        self.location = location
        self.headers = headers
    }

    static func isRedirect(_ status: HTTPResponseStatus) -> Bool {
        [301, 302, 303, 307, 308].contains(status.code)
    }

    /// Goes on to where an answer with the given status and `Location` points.
    mutating func follow(_ status: HTTPResponseStatus, to target: String?) throws(EventSourceError) {
        func error(_ code: EventSourceError.Code, _ message: String) -> EventSourceError {
            EventSourceError(code, message, url: url, status: Int(status.code))
        }
        guard let target, !target.isEmpty else {
            throw error(.invalidRedirect, "redirects (\(status.code)) without saying where to")
        }
        guard let next = URL(string: target, relativeTo: location)?.absoluteURL, Self.isHTTP(next) else {
            throw error(.invalidRedirect, "redirects (\(status.code)) to \"\(target)\", which is no http or https URL")
        }
        redirects += 1
        guard redirects <= Self.mostRedirects else {
            throw error(.tooManyRedirects, "redirected more than \(Self.mostRedirects) times")
        }
        if Self.origin(of: next) != Self.origin(of: location) {
            for name in Self.secretHeaders { headers.remove(name: name) }
        }
        location = next
    }

    private static func isHTTP(_ url: URL) -> Bool {
        guard let scheme = url.scheme?.lowercased(), let host = url.host(), !host.isEmpty else { return false }
        return scheme == "http" || scheme == "https"
    }

    private static func origin(of url: URL) -> [String] {
        let scheme = url.scheme?.lowercased() ?? ""
        let port = url.port ?? (scheme == "https" ? 443 : 80)
        return [scheme, url.host()?.lowercased() ?? "", String(port)]
    }
}
