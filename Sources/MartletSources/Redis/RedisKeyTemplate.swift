/// A key with variables, `user_notice_num:{user_id}`, as a user writes it.
///
/// What a variable has comes from a topic that anybody may have made up, so it must not become more of a key than its
/// place: everything but unreserved characters (RFC 3986 §2.3) is percent-encoded, the separator `:` too.
package struct RedisKeyTemplate: Sendable, Hashable {
    private enum Part: Hashable {
        case text(String)
        case variable(String)
    }

    private let parts: [Part]

    /// The names of its variables, each once, in their order.
    package var variables: [String] {
        var names: [String] = []
        for case .variable(let name) in self.parts where !names.contains(name) { names.append(name) }
        return names
    }

    /// Two variables between which nothing stands that no variable can hold, so that different values give one key.
    package var runningTogether: (first: String, second: String)? {
        var last: String?
        for part in self.parts {
            switch part {
            case .text(let text):
                if text.utf8.contains(where: { !Self.isNameByte($0) && !"-.~".utf8.contains($0) }) { last = nil }
            case .variable(let name):
                if let last { return (last, name) }
                last = name
            }
        }
        return nil
    }

    /// Reads a key; a sentence says what is wrong with it.
    package init(_ text: String) throws(SourceProblem) {
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            parts.append(.text(String(rest[..<open])))
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw SourceProblem(.refused, "the key opens a { that no } closes")
            }
            let name = rest[rest.index(after: open)..<close]
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
                throw SourceProblem(.refused, "between { and } of a key stands the name of a variable")
            }
            parts.append(.variable(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        guard !rest.contains("}") else { throw SourceProblem(.refused, "the key closes a } that no { opens") }
        guard !text.isEmpty else { throw SourceProblem(.refused, "the key is empty") }
        parts.append(.text(String(rest)))
        self.parts = parts
    }

    /// The key of a watch.
    package func key(_ values: [String: String]) -> String {
        self.parts.reduce(into: "") { key, part in
            switch part {
            case .text(let text): key += text
            case .variable(let name): key += Self.encoded(values[name] ?? "")
            }
        }
    }

    /// The glob-style pattern that all of its keys match (Redis, PSUBSCRIBE).
    package var pattern: String {
        self.parts.reduce(into: "") { pattern, part in
            switch part {
            case .text(let text):
                for scalar in text.unicodeScalars {
                    if "*?[]\\^".unicodeScalars.contains(scalar) { pattern += "\\" }
                    pattern.unicodeScalars.append(scalar)
                }
            case .variable: pattern += "*"
            }
        }
    }

    /// What a name that somebody else made has for the variables, as it stands there; nil if it is none of these names.
    ///
    /// Each variable takes as little as it can, the last one the rest.
    package func values(in name: String) -> [String: String]? {
        var rest = Array(name.utf8)[...]
        var values: [String: String] = [:]
        var open: String?
        func take(_ bytes: ArraySlice<UInt8>) -> Bool {
            guard let name = open else { return bytes.isEmpty }
            open = nil
            let value = String(decoding: bytes, as: UTF8.self)
            // The same variable twice is the same value twice.
            return values.updateValue(value, forKey: name).map { $0.utf8.elementsEqual(value.utf8) } ?? true
        }
        for (number, part) in self.parts.enumerated() {
            switch part {
            case .variable(let name):
                // Of two in a row the first takes nothing.
                if open != nil, !take([]) { return nil }
                open = name
            case .text(let text):
                let text = Array(text.utf8)
                if number == self.parts.count - 1 {
                    guard rest.count >= text.count, rest.suffix(text.count).elementsEqual(text) else { return nil }
                    return take(rest.dropLast(text.count)) ? values : nil
                }
                guard let start = open == nil ? rest.startIndex : rest.firstIndex(of: text),
                    rest[start...].starts(with: text), take(rest[..<start])
                else { return nil }
                rest = rest[(start + text.count)...]
            }
        }
        return nil
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if self.isNameByte(byte) || "-.~".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), self.hexDigits[Int(byte >> 4)], self.hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

extension ArraySlice<UInt8> {
    /// Where a text begins, if it stands here.
    fileprivate func firstIndex(of text: [UInt8]) -> Int? {
        if text.isEmpty { return self.startIndex }
        guard self.count >= text.count else { return nil }
        return (self.startIndex...self.endIndex - text.count).first { self[$0...].starts(with: text) }
    }
}
