extension ValueFormat<BindAddress> {
    /// `HOST:PORT`; a bare `PORT` or `:PORT` is on 127.0.0.1.
    static var address: Self {
        Self("HOST:PORT like 127.0.0.1:8080 or \"[::1]:8080\"") { text throws(Refusal) in
            guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
                // Digits alone are meant as a port, everything else lacks one.
                guard !text.isEmpty, text.utf8.allSatisfy(\.isDigit) else { return nil }
                return .loopback(port: try BindAddress.port(text))
            }
            let host = String(text[..<colon])
            let port = try BindAddress.port(String(text[text.utf8.index(after: colon)...]))
            if host.isEmpty { return .loopback(port: port) }
            return BindAddress(host: try BindAddress.validated(host: host), port: port)
        }
    }
}

extension BindAddress {
    /// A port in decimal digits.
    static func port(_ text: String) throws(Refusal) -> Int {
        guard text.utf8.allSatisfy(\.isDigit), let port = UInt16(text) else {
            throw Refusal(.invalidValue, "expected a port from 0 to 65535, found \(text.quoted)")
        }
        return Int(port)
    }

    /// The host without brackets, if it is an address or could be a name.
    static func validated(host: String) throws(Refusal) -> String {
        if host.hasPrefix("["), host.hasSuffix("]"), host.utf8.count > 2 {
            let address = String(host.dropFirst().dropLast())
            guard ipv6(address) != nil else {
                throw Refusal(.invalidValue, "\(address.quoted) is not an IPv6 address")
            }
            return address
        }
        if host.utf8.contains(UInt8(ascii: ":")) {
            throw Refusal(.invalidValue, "an IPv6 address needs brackets, like \"[::1]:8080\"; found \(host.quoted)")
        }
        // A name never ends in a label of digits (RFC 3696 §2), so `127.1` and `1.2.3.400` are addresses gone wrong.
        let label = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).last
        if let label, label.allSatisfy(\.isDigit), ipv4(host) == nil {
            throw Refusal(.invalidValue, "\(host.quoted) is not an IPv4 address")
        }
        guard host.utf8.count <= 253, host.utf8.allSatisfy({ $0.isNameByte || $0 == UInt8(ascii: ".") }) else {
            throw Refusal(.invalidValue, "\(host.quoted) is not a host name")
        }
        return host
    }
}
