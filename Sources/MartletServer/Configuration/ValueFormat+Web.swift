extension ValueFormat<String> {
    /// An origin, which becomes canonical: lower case, without the scheme's own port.
    static var origin: Self { Self(anOrigin, canonicalOrigin) }

    /// An origin, or `*` for all of them.
    static var originOrAny: Self {
        Self("\(anOrigin), or \"*\" alone") { text throws(Refusal) in
            text == "*" ? text : try canonicalOrigin(text)
        }
    }

    /// An origin whose pages may publish with a cookie.
    static var publishOrigin: Self {
        Self(anOrigin) { text throws(Refusal) in
            if text == "*" {
                throw Refusal(
                    .invalidValue,
                    "\"*\" would let any site publish with a visitor's cookie; name the origins of your own pages"
                )
            }
            return try canonicalOrigin(text)
        }
    }

    private static var anOrigin: String { "an origin like https://app.example or http://localhost:3000" }

    private static func canonicalOrigin(_ text: String) throws(Refusal) -> String? {
        if text == "null" {
            throw Refusal(.invalidValue, "null is the origin of any sandboxed page, whoever wrote it")
        }
        guard let address = try WebAddress(text) else { return nil }
        guard address.rest.isEmpty else {
            throw Refusal(
                .invalidValue,
                "an origin ends with its host or port: expected \(address.origin), found \(text.quoted)"
            )
        }
        return address.origin
    }
}

extension ValueFormat<Configuration.Auth.KeySet> {
    /// Where a JWKS is. Whoever can change it on the way can sign, so it must come over TLS.
    static var keySet: Self {
        let expectation = "an https:// URL or the path of a file"
        return Self(expectation) { text throws(Refusal) in
            guard !text.isEmpty, !text.utf8.contains(0) else { return nil }
            guard text.contains("://") else { return .file(path: text) }
            guard let address = try WebAddress(text) else {
                throw Refusal(.invalidValue, "expected \(expectation); this is neither")
            }
            let isLoopback = BindAddress(host: address.host, port: 0).isLoopback
            guard address.scheme == "https" || address.scheme == "http" && isLoopback else {
                let why = address.scheme == "http" ? "; over http:// others could put their keys in its place" : ""
                throw Refusal(.invalidValue, "expected \(expectation), found \(address.origin.quoted)\(why)")
            }
            return .url(text)
        }
    }
}

extension Configuration.Auth.KeySet {
    /// The same place with its path, if it has one, resolved.
    func resolved(_ resolve: (String) -> String) -> Self {
        switch self {
        case .url: self
        case .file(let path): .file(path: resolve(path))
        }
    }
}
