import HTTPTypes

/// Which pages may read the hub's answers (WHATWG Fetch §3.2).
///
/// Listed origins are answered by name and may send credentials. `*` stands for every origin, then without credentials:
/// browsers refuse `Access-Control-Allow-Origin: *` together with `Access-Control-Allow-Credentials: true`.
struct CORSPolicy: Sendable {
    /// Canonical origins.
    var origins: Set<String> = []
    var allowsAnyOrigin = false
    /// Whether pages may send whatever headers they ask for: an application may know people by a header of its own.
    var allowsRequestedHeaders = false

    private static let methods = "GET, HEAD, POST"
    private static let requestHeaders = "Authorization, Cache-Control, Content-Type, Last-Event-ID"
    /// A page reads no others of another origin's answer, and has to know where it is and when it may ask again.
    private static let answerHeaders = "Last-Event-ID, Retry-After"
    /// Browsers cut it to what they like: Chromium to two hours, Firefox to a day.
    private static let preflightSeconds = "7200"

    /// What an answer to a request from `origin` says to the browser.
    func fields(for origin: String?) -> [(name: String, value: String)] {
        if self.allowsAnyOrigin {
            return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", Self.answerHeaders)]
        }
        if self.origins.isEmpty { return [] }
        // Also where it is refused: a cache must not give one origin's answer to another.
        guard let origin, self.lists(origin) else { return [("Vary", "Origin")] }
        return [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", Self.answerHeaders),
            ("Vary", "Origin"),
        ]
    }

    /// The answer to `OPTIONS`: to a browser that asks before it sends a request, or to anybody.
    func preflight(_ fields: HTTPFields) throws(RequestError) -> HubResponse {
        var response = HubResponse(status: .noContent, fields: [("Allow", Self.methods + ", OPTIONS")], body: "")
        response.hasLength = false
        guard let origin = fields[.origin], fields[.accessControlRequestMethod] != nil else { return response }
        guard self.allowsAnyOrigin || self.lists(origin) else {
            throw RequestError(
                .forbidden,
                "Pages of the origin \(origin.quoted) may not use this hub; cors.origins lists those that may."
            )
        }
        response.fields += [
            ("Access-Control-Allow-Methods", Self.methods),
            ("Access-Control-Allow-Headers", self.allowedHeaders(fields)),
            ("Access-Control-Max-Age", Self.preflightSeconds),
        ]
        return response
    }

    private func allowedHeaders(_ fields: HTTPFields) -> String {
        guard self.allowsRequestedHeaders, let asked = fields[.accessControlRequestHeaders] else {
            return Self.requestHeaders
        }
        // Names and commas only: it is sent back.
        return asked.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F || $0 == 0x20 } ? asked : Self.requestHeaders
    }

    /// Whether an origin is listed by name.
    func lists(_ origin: String) -> Bool {
        if self.origins.contains(origin) { return true }
        guard let address = try? WebAddress(origin), address.rest.isEmpty else { return false }
        return self.origins.contains(address.origin)
    }
}
