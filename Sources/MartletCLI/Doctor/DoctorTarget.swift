import EventSourceClient

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What is to be looked at: the URL and what goes with a request for it. Does no I/O.
struct DoctorTarget: Sendable {
    /// The URL as it is sent, but for its fragment.
    let text: String
    let path: String
    let scheme: String
    let host: String
    let port: Int

    /// `nil` if the text is no URL of HTTP.
    init?(_ text: String) {
        guard let url = URL(string: text) else { return nil }
        self.init(url)
    }

    init?(_ url: URL) {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(percentEncoded: false), !host.isEmpty
        else { return nil }
        self.text = String(url.absoluteString.prefix { $0 != "#" })
        self.path = url.path(percentEncoded: true)
        self.scheme = scheme
        // An IPv6 address without its brackets.
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        self.port = url.port ?? (scheme == "https" ? 443 : 80)
    }

    var isSecure: Bool { self.scheme == "https" }

    var isLoopback: Bool {
        let host = self.host.lowercased()
        return host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || host.hasPrefix("127.")
    }

    /// Scheme, host and port, as a browser compares them.
    var origin: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        let isDefault = self.port == (self.isSecure ? 443 : 80)
        return "\(self.scheme)://\(host.lowercased())\(isDefault ? "" : ":\(self.port)")"
    }

    /// The same URL, as it may be shown.
    var shown: String { redactedURL(self.text) }
}

/// A hub to which an update can be published that this very URL's streams bring.
struct DoctorHub: Equatable, Sendable {
    /// Streams what is published to the topic.
    let subscribe: String
    let publish: String
    let topic: String
    /// Whether nothing but the form of another URL speaks for it.
    let isGuessed: Bool

    static let path = "/.well-known/mercure"

    /// Finds the hub behind a URL: the Mercure protocol's path, Martlet's short form beside it, or wherever the user
    /// says that updates are posted to.
    ///
    /// - Parameter topic: One that nobody else uses.
    init?(_ target: DoctorTarget, publishURL: String?, topic: String) {
        let path = String(target.text.prefix { $0 != "?" })
        let query = target.text.dropFirst(path.count).dropFirst()
        if let publishURL {
            self.publish = publishURL
        } else if path.hasSuffix(Self.path) {
            self.publish = path
        } else if target.path.hasPrefix("/topics/") {
            self.publish = target.origin + Self.path
        } else {
            return nil
        }
        self.topic = topic
        self.isGuessed = publishURL == nil && !path.hasSuffix(Self.path)
        // What else the query says stays, such as a token.
        let others = query.split(separator: "&").filter { item in
            !["topic", "lasteventid", "last-event-id"].contains(item.prefix { $0 != "=" }.lowercased())
        }.joined(separator: "&")
        if self.isGuessed {
            // The same form of URL, since a proxy may treat the other one differently.
            self.subscribe = target.origin + "/topics/" + topic + (others.isEmpty ? "" : "?" + others)
        } else {
            self.subscribe = appendingTopics([topic], to: path + (others.isEmpty ? "" : "?" + others))
        }
    }
}
