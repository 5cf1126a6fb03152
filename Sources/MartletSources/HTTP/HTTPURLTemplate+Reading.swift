extension HTTPURLTemplate {
    /// Reads a template.
    ///
    /// - Throws: a sentence about what is wrong with it.
    package init(_ text: String) throws(SourceProblem) {
        func problem(_ what: String) -> SourceProblem {
            SourceProblem(.refused, "\"\(Self.shown(text))\" is no URL to ask: \(what)")
        }
        let bytes = Array(text.utf8)
        let lowercased = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: lowercased.hasPrefix) else {
            throw problem("it must begin with http:// or https://")
        }
        if let byte = bytes.first(where: { !Self.isAllowed($0) }) {
            throw problem("the byte 0x\(String(byte, radix: 16)) must be percent-encoded")
        }
        if bytes.contains(UInt8(ascii: "#")) { throw problem("a fragment is not sent to a server") }

        let authority = bytes[scheme.utf8.count...].prefix { $0 != 0x2F && $0 != 0x3F }
        if authority.contains(where: { $0 == 0x7B || $0 == 0x7D }) {
            throw problem("its host and port must have no variable")
        }
        if authority.contains(UInt8(ascii: "@")) {
            throw problem("a user and password belong in a header, such as Authorization")
        }
        if authority.isEmpty || authority.first == UInt8(ascii: ":") { throw problem("it has no host") }
        if authority.contains(UInt8(ascii: "%")) { throw problem("its host must not be percent-encoded") }

        let rest = bytes[authority.endIndex...]
        let split = Self.query(in: rest)
        let pathText = String(decoding: rest[..<split], as: UTF8.self)
        if HTTPURLTemplate.hasDots(pathText) { throw problem("its path must have no segment . or ..") }
        do throws(Malformed) {
            let origin = String(decoding: bytes[..<authority.endIndex], as: UTF8.self)
            let path = try Self.parts(of: rest[..<split])
            self.init(
                text: text,
                path: [.literal(origin + (rest.first == 0x2F ? "" : "/"))] + path,
                query: try Self.parts(of: rest[split...])
            )
        } catch {
            throw problem(error.message)
        }
    }

    /// Where the query begins: at the first question mark that is in no expression.
    private static func query(in bytes: ArraySlice<UInt8>) -> Int {
        var isExpression = false
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "{"): isExpression = true
            case UInt8(ascii: "}"): isExpression = false
            case UInt8(ascii: "?") where !isExpression: return index
            default: break
            }
        }
        return bytes.endIndex
    }

    private struct Malformed: Error {
        let message: String
    }

    private static func parts(of bytes: ArraySlice<UInt8>) throws(Malformed) -> [Part] {
        var parts: [Part] = []
        var rest = bytes
        while let first = rest.first {
            if first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw Malformed(message: "a { is not closed")
                }
                let name = rest[(rest.startIndex + 1)..<end]
                guard !name.isEmpty, name.allSatisfy(Self.isNameByte) else {
                    let text = String(decoding: rest[...end], as: UTF8.self)
                    throw Malformed(message: "\(text) is not understood, only {name} is")
                }
                parts.append(.variable(String(decoding: name, as: UTF8.self)))
                rest = rest[(end + 1)...]
            } else {
                let literal = rest.prefix { $0 != UInt8(ascii: "{") }
                if literal.contains(UInt8(ascii: "}")) { throw Malformed(message: "a } has no {") }
                if !Self.isWellEncoded(literal) { throw Malformed(message: "a % must be followed by two hex digits") }
                parts.append(.literal(String(decoding: literal, as: UTF8.self)))
                rest = rest[literal.endIndex...]
            }
        }
        return parts
    }

    /// What a URL may consist of (RFC 3986 §2), and braces.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"<>\\^`|".utf8.contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func isWellEncoded(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.indices.allSatisfy { index in
            bytes[index] != UInt8(ascii: "%")
                || bytes[(index + 1)...].prefix(2).count(where: { Character(Unicode.Scalar($0)).isHexDigit }) == 2
        }
    }
}
