#if PostgreSQL
/// Arrays in PostgreSQL's text form (PostgreSQL documentation, 8.15.6): `{1,2}`, `{"a b",NULL}`, `{{1},{2}}`.
enum PostgreSQLArray {
    /// An array of texts. All are quoted, so that `NULL`, spaces and empty texts stay texts.
    static func literal(_ texts: [String]) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// JSON of an array whose elements `element` writes as JSON; `nil` if it is written in some other way.
    static func json(_ text: String, element: (String) -> String) -> String? {
        var rest = text.utf8[...]
        // Bounds that don't begin at 1 come first: `[0:2]={…}`.
        if rest.first == UInt8(ascii: "[") {
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            rest = rest[equals...].dropFirst()
        }
        guard let json = Self.array(&rest, element), rest.isEmpty else { return nil }
        return json
    }

    /// PostgreSQL's arrays have six dimensions at most, so the recursion is shallow.
    private static func array(_ rest: inout Substring.UTF8View, _ element: (String) -> String) -> String? {
        guard rest.popFirst() == UInt8(ascii: "{") else { return nil }
        if rest.first == UInt8(ascii: "}") {
            rest.removeFirst()
            return "[]"
        }
        var items: [String] = []
        while true {
            guard let item = Self.item(&rest, element) else { return nil }
            items.append(item)
            switch rest.popFirst() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}"): return "[" + items.joined(separator: ",") + "]"
            default: return nil
            }
        }
    }

    private static func item(_ rest: inout Substring.UTF8View, _ element: (String) -> String) -> String? {
        switch rest.first {
        case UInt8(ascii: "{"): return Self.array(&rest, element)
        case UInt8(ascii: "\""):
            rest.removeFirst()
            var bytes: [UInt8] = []
            while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                guard let byte = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte else { return nil }
                bytes.append(byte)
            }
            return element(String(decoding: bytes, as: UTF8.self))
        default:
            let text = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
            rest = rest[text.endIndex...]
            let string = String(Substring(text))
            return string == "NULL" ? "null" : element(string)
        }
    }
}
#endif
