import ArgumentParser
import EventSourceClient

/// Throws a sentence if a URL has a user or a password in it, which would not be sent; the sentence does not repeat them.
func refuseUserinfo(in url: String, use options: String = "--token or --header") throws(ValidationError) {
    guard userinfo(of: url) != nil else { return }
    throw ValidationError(
        "The user or password before the host of '\(redactedURL(url))' would not be sent; use \(options) instead."
    )
}

/// What is said of a URL that is none of HTTP.
func noURL(_ url: String, _ what: String) -> ValidationError {
    ValidationError("'\(redactedURL(url))' is no URL \(what): it has to begin with http:// or https://.")
}

/// Whether a URL can be one of HTTP at all.
func hasHTTPScheme(_ url: String) -> Bool {
    let url = url.lowercased()
    return ["http://", "https://"].contains { url.hasPrefix($0) && url.utf8.count > $0.utf8.count }
}

/// The URL with a `topic` item for each topic in its query. Without topics it stays as it is.
func appendingTopics(_ topics: [String], to url: String) -> String {
    guard !topics.isEmpty else { return url }
    let items = topics.map { "topic=" + percentEncoded($0.utf8) }.joined(separator: "&")
    let head = url.prefix { $0 != "#" }
    let separator =
        if !head.contains("?") { "?" } else if head.hasSuffix("?") || head.hasSuffix("&") { "" } else { "&" }
    return head + separator + items + url.dropFirst(head.count)
}

/// Encodes every byte but the unreserved ones of RFC 3986 §2.3. Right in a query and in a form, for any bytes.
func percentEncoded(_ bytes: some Sequence<UInt8>) -> String {
    let digits = StaticString("0123456789ABCDEF").utf8Start
    var encoded: [UInt8] = []
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            encoded.append(byte)
        default:
            encoded.append(UInt8(ascii: "%"))
            encoded.append(digits[Int(byte >> 4)])
            encoded.append(digits[Int(byte & 15)])
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
