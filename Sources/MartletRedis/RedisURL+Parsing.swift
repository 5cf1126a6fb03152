extension RedisURL {
    /// Reads a URL.
    ///
    /// - Throws: An error of code ``RedisError/Code/configuration`` that says what is wrong. It quotes nothing, because
    ///   anything may be a password written in the wrong place.
    package init(_ text: String) throws(RedisError) {
        let bytes = Array(text.utf8)
        let (scheme, afterScheme) = Self.split(bytes[...], atFirst: ":")
        guard var rest = afterScheme, rest.starts(with: "//".utf8) else { throw Self.wrong(Self.schemes) }
        rest = rest.dropFirst(2)
        let name = String(decoding: scheme, as: UTF8.self).lowercased()

        let (hierarchy, query) = Self.split(rest, atFirst: "?")
        let path = hierarchy[(hierarchy.firstIndex(of: UInt8(ascii: "/")) ?? hierarchy.endIndex)...]
        let authority = hierarchy[..<path.startIndex]
        let at = authority.lastIndex(of: UInt8(ascii: "@"))
        let host = at.map { authority[($0 + 1)...] } ?? authority

        switch name {
        case "redis", "rediss":
            guard query == nil else { throw Self.wrong("has no ? unless it is that of a Unix socket; \(Self.advice)") }
            self.init(
                address: try Self.address(host),
                isTLS: name == "rediss",
                database: try Self.database(path.dropFirst())
            )
        case "redis+unix", "unix":
            self.init(address: try Self.socket(host: host, path: path), database: try Self.database(inQuery: query))
        default:
            throw Self.wrong(Self.schemes)
        }

        guard let at else { return }
        let (user, password) = Self.split(authority[..<at], atFirst: ":")
        let userName = try Self.decoded(user, "user")
        let secret = try Self.decoded(password ?? [], "password")
        self.user = userName.isEmpty ? nil : userName
        // An ACL user without a password is authenticated with an empty one.
        self.password = secret.isEmpty && userName.isEmpty ? nil : secret
    }

    private static let schemes = "begins with redis://, rediss:// or redis+unix://"
    private static let advice = "in a password, write / ? # @ : % as %2F %3F %23 %40 %3A %25"

    private static func wrong(_ expectation: String) -> RedisError {
        RedisError(.configuration, "A Redis URL \(expectation)")
    }

    private static func address(_ text: ArraySlice<UInt8>) throws(RedisError) -> Address {
        if text.first == UInt8(ascii: "["), let end = text.firstIndex(of: UInt8(ascii: "]")) {
            let host = text[(text.startIndex + 1)..<end]
            let (behind, port) = Self.split(text[(end + 1)...], atFirst: ":")
            guard behind.isEmpty, host.contains(UInt8(ascii: ":")), host.allSatisfy(self.isAddressByte) else {
                throw self.wrong("has an IPv6 address in the brackets, and only :port behind them")
            }
            return .host(String(decoding: host, as: UTF8.self), port: try self.port(port))
        }
        let (host, port) = Self.split(text, atFirst: ":")
        guard !host.isEmpty else { throw self.wrong("has a host behind ://, as in redis://127.0.0.1:6379") }
        guard host.allSatisfy(self.isNameByte) else {
            throw self.wrong("has a host of letters, digits, dots, hyphens and underscores; \(self.advice)")
        }
        return .host(String(decoding: host, as: UTF8.self), port: try self.port(port))
    }

    private static func port(_ text: ArraySlice<UInt8>?) throws(RedisError) -> Int {
        guard let text, !text.isEmpty else { return 6379 }
        guard let number = self.number(text), 1...65535 ~= number else {
            throw self.wrong("has a port from 1 to 65535; \(self.advice)")
        }
        return number
    }

    private static func socket(host: ArraySlice<UInt8>, path: ArraySlice<UInt8>) throws(RedisError) -> Address {
        guard host.isEmpty, path.count > 1 else {
            let example = "redis+unix:///run/redis.sock"
            throw self.wrong("of a Unix socket has an absolute path, as in \(example); \(self.advice)")
        }
        let path = try self.decoded(path, "path")
        // What sun_path holds, without its NUL, on the smallest of systems.
        guard path.utf8.count <= 103 else { throw self.wrong("has a socket path of 103 bytes or less") }
        return .unixSocket(path: path)
    }

    private static func database(inQuery query: ArraySlice<UInt8>?) throws(RedisError) -> Int {
        guard let query, !query.isEmpty else { return 0 }
        guard query.starts(with: "db=".utf8) else { throw self.wrong("has nothing but db=N behind the ?") }
        return try self.database(query.dropFirst(3))
    }

    private static func database(_ text: ArraySlice<UInt8>) throws(RedisError) -> Int {
        if text.isEmpty { return 0 }
        guard let number = self.number(text), number <= Int32.max else {
            throw self.wrong("has nothing but the number of a database behind the host or the path; \(self.advice)")
        }
        return number
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        text.allSatisfy { 0x30...0x39 ~= $0 } ? Int(String(decoding: text, as: UTF8.self)) : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    /// Hexadecimal digits, colons, the dots of an embedded IPv4 address, and a zone.
    private static func isAddressByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%") || self.isNameByte(byte)
    }

    private static func split(
        _ text: ArraySlice<UInt8>,
        atFirst mark: Unicode.Scalar
    ) -> (first: ArraySlice<UInt8>, rest: ArraySlice<UInt8>?) {
        guard let place = text.firstIndex(of: UInt8(ascii: mark)) else { return (text, nil) }
        return (text[..<place], text[(place + 1)...])
    }

    private static func decoded(_ text: ArraySlice<UInt8>, _ part: String) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = self.hexadecimal(rest.popFirst()), let low = self.hexadecimal(rest.popFirst()) else {
                throw self.wrong("has two hexadecimal digits behind each % of its \(part)")
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw self.wrong("has UTF-8 without NUL as its \(part)")
        }
        return decoded
    }

    private static func hexadecimal(_ digit: UInt8?) -> UInt8? {
        switch digit {
        case .some(let digit) where 0x30...0x39 ~= digit: digit - 0x30
        case .some(let digit) where 0x41...0x46 ~= digit: digit - 0x37
        case .some(let digit) where 0x61...0x66 ~= digit: digit - 0x57
        default: nil
        }
    }
}
