import HTTPTypes

/// The token that a request brings, and by which way.
enum Credential: Hashable {
    /// `Authorization: Bearer`.
    case bearer(String)
    /// The query's parameter `authorization`.
    case parameter(String)
    /// The cookie, and the page that made the browser send it.
    case cookie(String, page: String?)

    static let cookieName = "mercureAuthorization"
    static let parameterName = "authorization"

    var token: String {
        switch self {
        case .bearer(let token), .parameter(let token), .cookie(let token, _): token
        }
    }

    /// Finds the credential of a request: the header goes before the parameter, the parameter before the cookie.
    ///
    /// - Throws: if it has an `Authorization` header that is not one bearer token (RFC 6750 §2.1).
    static func find(in fields: HTTPFields, query: String) throws(RequestError) -> Credential? {
        let headers = fields[values: .authorization]
        if let header = headers.first {
            guard headers.count == 1, let token = self.bearerToken(header) else {
                throw RequestError(.unauthorized, "The Authorization header must be one: \"Bearer\" and a token.")
            }
            return .bearer(token)
        }
        if let token = self.parameter(query) { return .parameter(token) }
        if let token = self.cookie(fields[values: .cookie]) {
            return .cookie(token, page: fields[.origin] ?? fields[.referer])
        }
        return nil
    }

    private static func bearerToken(_ header: String) -> String? {
        let scheme = "bearer "
        guard header.utf8.count > scheme.utf8.count, header.prefix(scheme.count).lowercased() == scheme else {
            return nil
        }
        let token = header.utf8.dropFirst(scheme.utf8.count).drop { $0 == UInt8(ascii: " ") }
        return token.isEmpty || token.contains(UInt8(ascii: " ")) ? nil : String(Substring(token))
    }

    /// A query that can't be read has none; whoever answers the request says what is wrong with it.
    private static func parameter(_ query: String) -> String? {
        if query.isEmpty { return nil }
        var token: String?
        var query = query
        try? query.withUTF8 { bytes in
            try FormFields.forEach(in: UnsafeRawBufferPointer(bytes)) { name, value in
                if name == self.parameterName, !value.isEmpty { token = token ?? value }
            }
        }
        return token
    }

    /// Browsers that speak HTTP/2 may send each cookie in a field of its own (RFC 9113 §8.2.3).
    private static func cookie(_ fields: [String]) -> String? {
        for field in fields {
            for pair in field.utf8.split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop { $0 == UInt8(ascii: " ") }
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")),
                    pair[..<equals].elementsEqual(self.cookieName.utf8)
                else { continue }
                let value = pair[pair.index(after: equals)...]
                if !value.isEmpty { return String(Substring(value)) }
            }
        }
        return nil
    }
}
