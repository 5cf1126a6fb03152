extension URITemplateModel {
    /// Whether `topic` is an expansion, by trying every way to cut it.
    func matches(_ topic: String) -> Bool {
        let bytes = Array(topic.utf8)
        var ends: Set<Int> = [0]
        for part in self.parts {
            ends = ends.reduce(into: []) { $0.formUnion(Self.ends(of: part, in: bytes, from: $1)) }
        }
        return ends.contains(bytes.count)
    }

    private static func ends(of part: Part, in bytes: [UInt8], from start: Int) -> Set<Int> {
        switch part {
        case .literal(let text):
            return self.ends(ofLiteral: Array(text.utf8), in: bytes, from: start)
        case .expression(let sign, let variables):
            let row = URITemplateRow.row(of: sign)
            // Where the variables so far may end, if none of them is defined and if one is.
            var undefined: Set<Int> = [start]
            var defined: Set<Int> = []
            for variable in variables {
                var next = defined
                for (starts, opening) in [(undefined, row.first), (defined, row.separator)] {
                    for start in starts where bytes[start...].starts(with: opening.utf8) {
                        let value = start + opening.utf8.count
                        for end in value...bytes.count where self.isValue(bytes[value..<end], of: variable, row) {
                            next.insert(end)
                        }
                    }
                }
                defined = next
            }
            undefined.formUnion(defined)
            return undefined
        }
    }

    private static func ends(ofLiteral literal: [UInt8], in bytes: [UInt8], from start: Int) -> Set<Int> {
        var ends: Set<Int> = [start]
        for (index, byte) in literal.enumerated() {
            let isEncoding =
                byte == 0x25 && literal.count > index + 2
                && literal[index + 1...index + 2].allSatisfy { self.hexadecimal.contains($0) }
            let isPlain = self.unreserved.contains(byte) || self.reserved.contains(byte) || isEncoding
            var next: Set<Int> = []
            for end in ends {
                if end < bytes.count, bytes[end] == byte { next.insert(end + 1) }
                if !isPlain, end + 3 <= bytes.count, bytes[end] == 0x25,
                    UInt8(String(decoding: bytes[end + 1...end + 2], as: UTF8.self), radix: 16) == byte
                {
                    next.insert(end + 3)
                }
            }
            ends = next
        }
        return ends
    }

    private static func isValue(_ bytes: ArraySlice<UInt8>, of variable: Variable, _ row: URITemplateRow) -> Bool {
        let separator = Array(row.separator.utf8)[0]
        if variable.isExploded, row.isNamed {
            return bytes.split(separator: separator, omittingEmptySubsequences: false).allSatisfy { member in
                guard let equals = member.firstIndex(of: 0x3D) else {
                    return row.ifEmpty.isEmpty && self.isString(member, row)
                }
                let value = member[(equals + 1)...]
                return self.isString(member[..<equals], row) && self.isString(value, row)
                    && (!value.isEmpty || row.ifEmpty == "=")
            }
        }
        if variable.isExploded, !row.isReserved {
            let members = bytes.split(separator: separator, omittingEmptySubsequences: false)
            return members.allSatisfy { self.isString($0, row) } || self.isPairs(bytes, separator, row)
        }
        guard row.isNamed else { return self.isUnexploded(bytes, variable, row) }
        guard bytes.starts(with: variable.name.utf8) else { return false }
        let rest = bytes.dropFirst(variable.name.utf8.count)
        if rest.isEmpty { return row.ifEmpty.isEmpty }
        let value = rest.dropFirst()
        guard rest.first == 0x3D, self.isUnexploded(value, variable, row) else { return false }
        // A list whose one member is empty keeps its =, where a string would not.
        return !value.isEmpty || row.ifEmpty == "=" || variable.length == nil
    }

    /// Whether a pair stands here, or one and a separator before other pairs; keys and values may hold the separator.
    private static func isPairs(_ bytes: ArraySlice<UInt8>, _ separator: UInt8, _ row: URITemplateRow) -> Bool {
        func isPair(_ bytes: ArraySlice<UInt8>) -> Bool {
            guard let equals = bytes.firstIndex(of: 0x3D) else { return false }
            return self.isString(bytes[..<equals], row) && self.isString(bytes[(equals + 1)...], row)
        }
        return isPair(bytes)
            || bytes.indices.contains { index in
                bytes[index] == separator && isPair(bytes[..<index])
                    && self.isPairs(bytes[(index + 1)...], separator, row)
            }
    }

    private static func isUnexploded(_ bytes: ArraySlice<UInt8>, _ variable: Variable, _ row: URITemplateRow) -> Bool {
        if let length = variable.length {
            guard let count = self.codePoints(in: bytes, row) else { return false }
            return count <= length
        }
        return bytes.split(separator: 0x2C).allSatisfy { self.isString($0, row) }
    }

    private static func isString(_ bytes: ArraySlice<UInt8>, _ row: URITemplateRow) -> Bool {
        self.codePoints(in: bytes, row) != nil
    }

    /// How many code points are written here; nil if something else is.
    private static func codePoints(in bytes: ArraySlice<UInt8>, _ row: URITemplateRow) -> Int? {
        var count = 0
        // How many continuation bytes the code point can still take.
        var open = 0
        var rest = bytes
        while let byte = rest.popFirst() {
            if self.unreserved.contains(byte) || row.isReserved && self.reserved.contains(byte) {
                (count, open) = (count + 1, 0)
                continue
            }
            guard byte == 0x25, rest.count >= 2, rest.prefix(2).allSatisfy({ self.hexadecimal.contains($0) }),
                let encoded = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            rest = rest.dropFirst(2)
            if encoded & 0xC0 == 0x80, open > 0 {
                open -= 1
            } else {
                count += 1
                open = encoded >= 0xF8 ? 0 : encoded >= 0xF0 ? 3 : encoded >= 0xE0 ? 2 : encoded >= 0xC0 ? 1 : 0
            }
        }
        return count
    }
}
