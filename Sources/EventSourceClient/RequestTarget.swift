import AsyncHTTPClient
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a request goes and what it carries, through the redirects on its way. Does no I/O.
///
/// Redirects are followed as `fetch` does, which EventSource is built on: at most ten in a row; 303, and a POST that
/// meets 301 or 302, go on as GET without a body; what authorizes does not go to another origin, nor does a `Host` that was
/// set for the first one; and the next reconnection begins at the first URL again.
///
/// Source: WHATWG Fetch 4.4, "HTTP-redirect fetch"; RFC 9110 §15.4.
struct RequestTarget: Sendable {
    static let mostRedirects = 10
    /// What describes a body and goes with it.
    private static let bodyHeaders = [
        "Content-Encoding", "Content-Language", "Content-Length", "Content-Location", "Content-Type",
        "Transfer-Encoding",
    ]

    private var location: URL
    private var redirects = 0
    private(set) var method: HTTPMethod
    private(set) var headers: HTTPHeaders
    private(set) var body: [UInt8]?

    var url: String { location.absoluteString }

    init(
        _ url: String,
        method: HTTPMethod = .GET,
        headers: HTTPHeaders,
        body: [UInt8]? = nil
    ) throws(EventSourceError) {
        guard let location = URL(string: url), Self.isHTTP(location) else {
            throw EventSourceError(.invalidRequest, "not an absolute http or https URL", url: url)
        }
        guard Self.isMethod(method.rawValue) else {
            throw EventSourceError(.invalidRequest, "\"\(method.rawValue)\" is no method to ask with", url: url)
        }
        self.location = location
        self.method = method
        self.headers = headers
        self.body = body
    }

    /// The request to send next.
    func request() throws -> HTTPClient.Request {
        try HTTPClient.Request(url: location, method: method, headers: headers, body: body.map { .bytes($0) })
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
            let shown = redactedURL(target)
            throw error(.invalidRedirect, "redirects (\(status.code)) to \"\(shown)\", which is no http or https URL")
        }
        redirects += 1
        guard redirects <= Self.mostRedirects else {
            throw error(.tooManyRedirects, "redirected more than \(Self.mostRedirects) times")
        }
        if status == .seeOther && method != .HEAD || [301, 302].contains(status.code) && method == .POST {
            method = .GET
            body = nil
            for name in Self.bodyHeaders { headers.remove(name: name) }
        }
        if Self.origin(of: next) != Self.origin(of: location) { headers.removeWhatIsForOneOrigin() }
        location = next
    }

    private static func isHTTP(_ url: URL) -> Bool {
        guard let scheme = url.scheme?.lowercased(), let host = url.host(), !host.isEmpty else { return false }
        return scheme == "http" || scheme == "https"
    }

    /// Source: RFC 9110 §9.1 and §5.6.2 (token); WHATWG Fetch 2.2.1, "forbidden method".
    private static func isMethod(_ name: String) -> Bool {
        let isTokenByte: (UInt8) -> Bool = { (0x21...0x7E).contains($0) && !#"(),/:;<=>?@[\]{}""#.utf8.contains($0) }
        return !name.isEmpty && name.utf8.allSatisfy(isTokenByte)
            && !["CONNECT", "TRACE", "TRACK"].contains(name.uppercased())
    }

    private static func origin(of url: URL) -> [String] {
        let scheme = url.scheme?.lowercased() ?? ""
        let port = url.port ?? (scheme == "https" ? 443 : 80)
        return [scheme, url.host()?.lowercased() ?? "", String(port)]
    }
}
