extension SQLURL {
    /// Reads a URL.
    package init(_ text: String) throws(SQLURLError) {
        let (scheme, rest) = Self.split(Substring(text), at: ":")
        guard let rest else {
            throw SQLURLError("no URL of a database; write postgresql://…, mysql://… or sqlite:PATH")
        }
        switch scheme.lowercased() {
        case "sqlite": try self.init(sqlite: rest)
        case "postgresql", "postgres": try self.init(.postgreSQL, rest)
        case "mysql", "mariadb": try self.init(.mySQL, rest)
        default:
            // What comes before the colon may be anything, if the scheme was left out.
            throw SQLURLError("the URL's scheme is not one of postgresql, postgres, mysql, mariadb, sqlite")
        }
    }

    /// `sqlite:path`, `sqlite:/path` and `sqlite:///path`.
    private init(sqlite rest: Substring) throws(SQLURLError) {
        var path = rest
        if rest.hasPrefix("//") {
            path = rest.dropFirst(2)
            guard path.hasPrefix("/") else {
                throw SQLURLError("sqlite:// takes no host; write sqlite:PATH, or sqlite:///PATH from the root")
            }
        }
        guard Self.split(path, at: "?").1 == nil, Self.split(path, at: "#").1 == nil else {
            throw SQLURLError("sqlite:PATH takes no options; write ? as %3F and # as %23")
        }
        let decoded = try Self.decoded(path, "path")
        guard !decoded.isEmpty else { throw SQLURLError("sqlite: without a path") }
        guard decoded != ":memory:" else {
            throw SQLURLError("sqlite::memory: is a database that nobody else can write to; name a file")
        }
        self.init(engine: .sqlite, database: decoded)
    }

    private init(_ engine: Engine, _ rest: Substring) throws(SQLURLError) {
        guard rest.hasPrefix("//") else { throw SQLURLError("after the URL's scheme comes ://") }
        guard Self.split(rest, at: "#").1 == nil else { throw SQLURLError("a # in a part is written %23") }
        let (address, query) = Self.split(rest.dropFirst(2), at: "?")
        let (authority, path) = Self.split(address, at: "/")
        self.init(engine: engine)
        try self.read(authority: authority)
        if let path {
            guard Self.split(path, at: "/").1 == nil else {
                throw SQLURLError("the path of the URL is the database's name alone; a / in it is written %2F")
            }
            self.database = try Self.decoded(path, "database").nonEmpty
        }
        for part in query?.split(separator: "&") ?? [] {
            let (name, value) = Self.split(part, at: "=")
            try self.read(option: Self.decoded(name, "option"), value ?? "")
        }
        if engine == .mySQL, self.database == nil { throw SQLURLError("the URL names no database after the host") }
    }

    private mutating func read(authority: Substring) throws(SQLURLError) {
        var place = authority
        // The last one: people forget to encode the @ of a password, and it must not become a host in a message.
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            let (user, password) = Self.split(authority[..<at], at: ":")
            self.user = try Self.decoded(user, "user").nonEmpty
            if let password { self.password = try Self.decoded(password, "password") }
            place = authority[authority.utf8.index(after: at)...]
        }
        var port: Substring?
        if place.hasPrefix("[") {
            let (address, after) = Self.split(place.dropFirst(), at: "]")
            guard let after, after.isEmpty || after.hasPrefix(":"), address.utf8.contains(UInt8(ascii: ":")) else {
                throw SQLURLError("an IPv6 address is written [::1]")
            }
            self.host = String(address)
            port = after.isEmpty ? nil : after.dropFirst()
        } else {
            let (host, rest) = Self.split(place, at: ":")
            self.host = try Self.decoded(host, "host").nonEmpty
            port = rest
        }
        guard self.host?.utf8.contains(UInt8(ascii: ",")) != true else { throw SQLURLError("the URL names one host") }
        if let port, !port.isEmpty { self.port = try Self.port(port) }
    }

    private mutating func read(option name: String, _ text: Substring) throws(SQLURLError) {
        let value = try Self.decoded(text, name)
        switch (self.engine, name) {
        case (.postgreSQL, "host"), (.mySQL, "socket"): self.host = value.nonEmpty
        case (.postgreSQL, "port"): self.port = try Self.port(text)
        case (.postgreSQL, "user"): self.user = value
        case (.postgreSQL, "password"): self.password = value
        case (.postgreSQL, "dbname"): self.database = value
        default:
            guard let allowed = Self.options(of: self.engine)[name] else {
                let names = Self.options(of: self.engine).keys.sorted().joined(separator: ", ")
                throw SQLURLError("the URL has an option that is not one of \(names)")
            }
            guard allowed.isEmpty || allowed.contains(value) else {
                throw SQLURLError("\(name) of the URL is not one of \(allowed.joined(separator: ", "))")
            }
            self.options.append(Option(name: name, value: value))
        }
    }

    /// The options of an engine's URLs, with the values of those that have a few.
    private static func options(of engine: Engine) -> [String: [String]] {
        switch engine {
        case .sqlite: [:]
        case .postgreSQL:
            [
                "sslmode": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
                "channel_binding": ["disable", "prefer", "require"],
                "gssencmode": ["disable", "prefer", "require"],
                "application_name": [], "sslcert": [], "sslkey": [], "sslrootcert": [], "sslcrl": [], "options": [],
                "krbsrvname": [], "target_session_attrs": ["any", "read-write", "read-only", "primary", "standby"],
            ]
        case .mySQL:
            [
                "sslmode": ["disable", "prefer", "require", "verify-ca", "verify-full"],
                "sslcert": [], "sslkey": [], "sslrootcert": [],
            ]
        }
    }

    private static func port(_ text: Substring) throws(SQLURLError) -> Int {
        guard let port = Int(text), (1...65535).contains(port), text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else {
            // The text may be a password with a / in it.
            throw SQLURLError("the URL's port is a number up to 65535; a : or / in a password is written %3A or %2F")
        }
        return port
    }

    /// What is before and after the first `separator`; on bytes, since a mark that combines must not hide it.
    private static func split(_ text: Substring, at separator: Unicode.Scalar) -> (Substring, Substring?) {
        guard let index = text.utf8.firstIndex(of: UInt8(ascii: separator)) else { return (text, nil) }
        return (text[..<index], text[text.utf8.index(after: index)...])
    }

    private static func decoded(_ text: Substring, _ part: String) throws(SQLURLError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexadecimal, let low = rest.popFirst()?.hexadecimal else {
                throw SQLURLError("a % in the URL's \(part) is followed by two hexadecimal digits; % itself is %25")
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw SQLURLError("the URL's \(part) is no text")
        }
        return decoded
    }
}

extension String {
    fileprivate var nonEmpty: String? { self.isEmpty ? nil : self }
}

extension UInt8 {
    fileprivate var hexadecimal: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
