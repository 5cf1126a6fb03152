/// The characters that stand in a value as they are; any other is percent-encoded (RFC 6570 §1.5, RFC 3986 §2).
struct URITemplateAlphabet: OptionSet, Sendable {
    let rawValue: UInt8

    /// Letters, digits, `-`, `.`, `_` and `~`.
    static let unreserved = URITemplateAlphabet(rawValue: 1)
    /// Those and the comma between the members of a list.
    static let listed = URITemplateAlphabet(rawValue: 2)
    /// Those and all the others that have a meaning in a URI.
    static let reserved = URITemplateAlphabet(rawValue: 4)

    /// The alphabets that hold a byte.
    static func all(with byte: UInt8) -> URITemplateAlphabet {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            [.unreserved, .listed, .reserved]
        case UInt8(ascii: ","):
            [.listed, .reserved]
        case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "@"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: ";"), UInt8(ascii: "="):
            .reserved
        default:
            []
        }
    }
}

/// Percent-encoding (RFC 3986 §2.1).
enum PercentEncoding {
    /// The byte that the three characters at `index` stand for; nil if they are no percent-encoding.
    static func byte(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt8? {
        guard index + 2 < bytes.count, bytes[index] == UInt8(ascii: "%"),
            let high = self.digit(bytes[index + 1]), let low = self.digit(bytes[index + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The bytes with every percent-encoding resolved, as text; nil if they are no UTF-8.
    static func text(of bytes: UnsafeBufferPointer<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if let byte = self.byte(in: bytes, at: index) {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }
}

/// What stands at one place of a topic: a character, or the first of a percent-encoding.
struct URITemplateInput {
    /// The byte itself; 0, which no topic holds, at the end.
    let byte: UInt8
    let alphabets: URITemplateAlphabet
    /// The byte encoded here, if there is a percent-encoding.
    let encoded: UInt8?
    /// How many percent-encodings from here on may together be one code point, at most 4.
    let encodedCount: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) {
        self.byte = index < bytes.count ? bytes[index] : 0
        self.alphabets = .all(with: self.byte)
        guard self.byte == UInt8(ascii: "%"), let encoded = PercentEncoding.byte(in: bytes, at: index) else {
            self.encoded = nil
            self.encodedCount = 0
            return
        }
        self.encoded = encoded
        let most =
            switch encoded {
            case 0xC0...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF7: 4
            default: 1
            }
        var count = 1
        while count < most, let next = PercentEncoding.byte(in: bytes, at: index + 3 * count), next & 0xC0 == 0x80 {
            count += 1
        }
        self.encodedCount = count
    }

    /// How many bytes one character of a value takes here: 1, 3 for a percent-encoding, or 0 if there is none.
    func width(in alphabet: URITemplateAlphabet) -> Int {
        self.alphabets.contains(alphabet) ? 1 : self.encoded == nil ? 0 : 3
    }

    /// The numbers of bytes one code point of a value may take here.
    ///
    /// A code point may be cut short, as any percent-encoded byte is taken.
    func widths(in alphabet: URITemplateAlphabet) -> StrideThrough<Int> {
        let width = self.width(in: alphabet)
        return stride(from: width, through: width == 1 ? 1 : 3 * self.encodedCount, by: 3)
    }
}
