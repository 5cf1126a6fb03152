/// Reads the lines that publishers usually send: an object of known members, each at most once, with strings whose escapes
/// are single letters. It has no errors: whatever else there is, it leaves to a decoder that knows all of JSON.
///
/// Foundation's decoder takes five microseconds for a line, which is most of what publishing it costs.
struct UpdateLineScanner {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    /// The line, or nil if it isn't a usual one.
    static func line(_ bytes: UnsafeRawBufferPointer) -> UpdateLine? {
        var scanner = UpdateLineScanner(bytes: bytes)
        guard let line = scanner.object() else { return nil }
        scanner.skipSpace()
        return scanner.index == bytes.count ? line : nil
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private mutating func object() -> UpdateLine? {
        var topic: UpdateLine.Topics?
        var texts: (data: String?, id: String?, type: String?) = (nil, nil, nil)
        var isPrivate: Bool?
        var retry: Int?
        guard self.take("{") else { return nil }
        repeat {
            guard let name = self.key(), self.take(":") else { return nil }
            self.skipSpace()
            switch name {
            case .topic where topic == nil:
                guard let value = self.topics() else { return nil }
                topic = value
            case .data where texts.data == nil:
                guard let value = self.string() else { return nil }
                texts.data = value
            case .id where texts.id == nil:
                guard let value = self.string() else { return nil }
                texts.id = value
            case .type where texts.type == nil:
                guard let value = self.string() else { return nil }
                texts.type = value
            case .private where isPrivate == nil:
                if self.takeWord("true") {
                    isPrivate = true
                } else if self.takeWord("false") {
                    isPrivate = false
                } else {
                    return nil
                }
            case .retry where retry == nil:
                guard let value = self.number() else { return nil }
                retry = value
            default: return nil
            }
        } while self.take(",")
        guard self.take("}"), let topic else { return nil }
        return UpdateLine(
            topic: topic,
            data: texts.data,
            id: texts.id,
            type: texts.type,
            isPrivate: isPrivate,
            retry: retry.map(Double.init)
        )
    }

    private enum Key: CaseIterable {
        case topic, data, id, type, `private`, retry

        var text: StaticString {
            switch self {
            case .topic: "\"topic\""
            case .data: "\"data\""
            case .id: "\"id\""
            case .type: "\"type\""
            case .private: "\"private\""
            case .retry: "\"retry\""
            }
        }
    }

    private mutating func key() -> Key? {
        self.skipSpace()
        return Key.allCases.first { self.takeWord($0.text) }
    }

    private mutating func topics() -> UpdateLine.Topics? {
        guard self.take("[") else { return self.string().map { .one($0) } }
        var names: [String] = []
        repeat {
            self.skipSpace()
            guard let name = self.string() else { return nil }
            names.append(name)
        } while self.take(",")
        return self.take("]") ? .many(names) : nil
    }

    /// A number of milliseconds: digits, not so many that a double would round them, and none before them.
    private mutating func number() -> Int? {
        let start = self.index
        var number = 0
        while self.index < self.bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = self.bytes[self.index] {
            guard self.index - start < 15 else { return nil }
            number = number * 10 + Int(self.bytes[self.index] - UInt8(ascii: "0"))
            self.index += 1
        }
        let count = self.index - start
        guard count > 0, count == 1 || self.bytes[start] != UInt8(ascii: "0") else { return nil }
        // What follows must end the number, or it is another kind of one.
        guard self.index < self.bytes.count, ",} \t\r".utf8.contains(self.bytes[self.index]) else { return nil }
        return number
    }

    private mutating func string() -> String? {
        guard self.index < self.bytes.count, self.bytes[self.index] == UInt8(ascii: "\"") else { return nil }
        let start = self.index + 1
        guard let end = self.plainEnd(from: start) else { return nil }
        if self.bytes[end] == UInt8(ascii: "\"") {
            self.index = end + 1
            return String(validating: UnsafeRawBufferPointer(rebasing: self.bytes[start..<end]), as: UTF8.self)
        }
        return self.escapedString(from: start, firstEscape: end)
    }

    /// The place of the next quote or backslash; nil if a control character or the end comes first.
    private func plainEnd(from start: Int) -> Int? {
        var index = start
        while index < self.bytes.count {
            let byte = self.bytes[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
            if byte < 0x20 { return nil }
            index += 1
        }
        return nil
    }

    private mutating func escapedString(from start: Int, firstEscape: Int) -> String? {
        var text: [UInt8] = []
        text.reserveCapacity(self.bytes.count - start)
        var (from, stop) = (start, firstEscape)
        while true {
            text.append(contentsOf: UnsafeRawBufferPointer(rebasing: self.bytes[from..<stop]))
            if self.bytes[stop] == UInt8(ascii: "\"") { break }
            guard stop + 1 < self.bytes.count, let byte = Self.escaped(self.bytes[stop + 1]) else { return nil }
            text.append(byte)
            from = stop + 2
            guard let end = self.plainEnd(from: from) else { return nil }
            stop = end
        }
        self.index = stop + 1
        return String(validating: text, as: UTF8.self)
    }

    /// RFC 8259 §7, without `\u`.
    private static func escaped(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    private mutating func skipSpace() {
        while self.index < self.bytes.count, " \t\r".utf8.contains(self.bytes[self.index]) { self.index += 1 }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        self.skipSpace()
        guard self.index < self.bytes.count, self.bytes[self.index] == UInt8(ascii: byte) else { return false }
        self.index += 1
        return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard self.bytes.count - self.index >= count else { return false }
        for offset in 0..<count where self.bytes[self.index + offset] != word.utf8Start[offset] { return false }
        self.index += count
        return true
    }
}
