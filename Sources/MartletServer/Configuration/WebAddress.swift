import Foundation

/// What comes before the path of a URL, in the form in which origins are compared (RFC 6454 §4), and the rest as it is.
struct WebAddress: Equatable {
    /// In lower case.
    let scheme: String
    /// A name in lower case, an IPv4 address, or an IPv6 address without brackets at its shortest.
    let host: String
    /// `nil` is the scheme's own.
    let port: Int?
    /// Path, query and fragment, in ASCII.
    let rest: String

    /// - Returns: `nil` for what is no `scheme://host[:port]…`. No message repeats the rest, which may hold a secret.
    init?(_ text: String) throws(Refusal) {
        guard let (scheme, remainder) = Self.scheme(of: text) else { return nil }
        let authority = remainder.utf8.prefix { byte in !"/?#".utf8.contains(byte) }
        let rest = remainder[authority.endIndex...]
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw Refusal(.invalidValue, "a name or a password before the host is not taken")
        }
        // Past the brackets of an IPv6 address.
        let end = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        let colon = authority[end...].firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        let host = String(remainder[..<colon])
        guard !host.isEmpty, rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        guard host.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw Refusal(.invalidValue, "write the host in ASCII, as browsers send it (xn--…); found \(host.quoted)")
        }
        self.scheme = scheme
        self.host = Self.canonical(try BindAddress.validated(host: host))
        self.rest = String(rest)
        guard colon != authority.endIndex else {
            port = nil
            return
        }
        let port = try BindAddress.port(String(remainder[remainder.utf8.index(after: colon)..<authority.endIndex]))
        self.port = port == Self.ports[scheme] ? nil : port
    }

    /// `scheme://host[:port]`
    var origin: String {
        let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")"
    }

    /// Whether a page's origin is that of a request's `Host`, whatever its scheme, which a proxy may have taken away.
    static func isOrigin(_ origin: String, of authority: String?) -> Bool {
        guard let authority, let address = try? WebAddress(origin), address.rest.isEmpty else { return false }
        return origin.lowercased().hasSuffix("://" + authority.lowercased())
    }

    private static let ports = ["http": 80, "https": 443]

    /// The scheme in lower case and what follows its `://`.
    private static func scheme(of text: String) -> (String, Substring)? {
        let scheme = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        let remainder = text.utf8[scheme.endIndex...]
        guard remainder.starts(with: "://".utf8), let first = scheme.first, (first | 0x20).isLetter,
            scheme.allSatisfy({ ($0 | 0x20).isLetter || $0.isDigit || "+-.".utf8.contains($0) })
        else { return nil }
        return (text[..<scheme.endIndex].lowercased(), Substring(remainder.dropFirst(3)))
    }

    private static func canonical(_ host: String) -> String {
        guard var bytes = BindAddress.ipv6(host) else { return host.lowercased() }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}

extension UInt8 {
    /// A lower-case letter of ASCII.
    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
}
