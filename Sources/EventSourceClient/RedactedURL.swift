/// A URL as it may be shown and logged: without its user and password, and without its query, since tokens travel in both.
///
/// Takes whatever text was meant to be a URL. By bytes, because a `?` with an accent behind it is another Character.
package func redactedURL(_ url: String) -> String {
    let end = url.utf8.firstIndex { "?#".utf8.contains($0) } ?? url.endIndex
    var shown = String(url[..<end])
    if let range = userinfo(of: shown) { shown.removeSubrange(range) }
    return shown
}

/// Where a URL has a user, with or without a password, up to the `@` behind them; `nil` if it has none.
///
/// Source: RFC 3986 §3.2.
package func userinfo(of url: String) -> Range<String.Index>? {
    let start = url.utf8.firstRange(of: "://".utf8)?.upperBound ?? url.startIndex
    let authority = url.utf8[start...].prefix { !"/?#".utf8.contains($0) }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return nil }
    return start..<authority.index(after: at)
}
