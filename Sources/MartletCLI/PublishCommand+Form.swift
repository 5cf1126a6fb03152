/// An update as the form of the Mercure protocol.
struct PublishForm {
    var topics: [String]
    var data: [UInt8]
    var type: String?
    var id: String?
    var isPrivate: Bool
    var retry: Int?

    /// The form as `application/x-www-form-urlencoded`. Each byte that could mean something is encoded, so that data
    /// which is no UTF-8 reaches the hub as it is.
    var encoded: [UInt8] {
        var form: [UInt8] = []
        func append(_ name: String, _ value: some Sequence<UInt8>) {
            if !form.isEmpty { form.append(UInt8(ascii: "&")) }
            form.append(contentsOf: name.utf8)
            form.append(UInt8(ascii: "="))
            form.append(contentsOf: percentEncoded(value).utf8)
        }
        for topic in topics { append("topic", topic.utf8) }
        if let type { append("type", type.utf8) }
        if let id { append("id", id.utf8) }
        if isPrivate { append("private", "on".utf8) }
        if let retry { append("retry", "\(retry)".utf8) }
        append("data", data)
        return form
    }
}

/// The URL of a hub's Mercure endpoint: a URL without a path, or with the path `/`, means the well-known one.
func hubAddress(_ url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return url }
    let end = url[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex
    let rest = url[end...]
    guard rest.isEmpty || rest == "/" || rest.first == "?" else { return url }
    return url[..<end] + "/.well-known/mercure" + (rest == "/" ? "" : rest)
}
