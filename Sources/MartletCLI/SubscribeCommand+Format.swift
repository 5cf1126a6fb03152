import ServerSentEvents

/// How an event is printed. Works on the bytes of UTF-8, as each event passes through here.
enum EventFormat {
    /// One object on a line: `{"id":"…","type":"…","data":"…"}`, in this order.
    case json
    /// `[id] type: data`, the further lines of the data indented.
    case text

    /// Appends the event with the end of its last line.
    func append(_ event: MessageEvent, to output: inout [UInt8]) {
        switch self {
        case .json:
            output.append(contentsOf: #"{"id":""#.utf8)
            Self.appendEscaped(event.lastEventID, to: &output)
            output.append(contentsOf: #"","type":""#.utf8)
            Self.appendEscaped(event.type, to: &output)
            output.append(contentsOf: #"","data":""#.utf8)
            Self.appendEscaped(event.data, to: &output)
            output.append(contentsOf: "\"}\n".utf8)
        case .text:
            if !event.lastEventID.isEmpty {
                output.append(UInt8(ascii: "["))
                Self.appendVisible(event.lastEventID, to: &output)
                output.append(contentsOf: "] ".utf8)
            }
            Self.appendVisible(event.type, to: &output)
            output.append(contentsOf: ": ".utf8)
            Self.appendVisible(event.data, to: &output)
            output.append(UInt8(ascii: "\n"))
        }
    }

    /// Appends the inside of a JSON string. Escapes what has to be (RFC 8259 §7), nothing else; so no `\/`.
    static func appendEscaped(_ text: String, to output: inout [UInt8]) {
        let isSpecial: (UInt8, UInt8) -> Bool = { byte, _ in
            byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
        }
        appendReplacing(text, to: &output, where: isSpecial) { byte, output in
            output.append(UInt8(ascii: "\\"))
            switch byte {
            case 0x08: output.append(UInt8(ascii: "b"))
            case 0x09: output.append(UInt8(ascii: "t"))
            case 0x0A: output.append(UInt8(ascii: "n"))
            case 0x0C: output.append(UInt8(ascii: "f"))
            case 0x0D: output.append(UInt8(ascii: "r"))
            case 0..<0x20:
                let digits = StaticString("0123456789abcdef").utf8Start
                output.append(contentsOf: "u00".utf8)
                output.append(digits[Int(byte >> 4)])
                output.append(digits[Int(byte & 15)])
            default: output.append(byte)
            }
        }
    }

    /// Appends text for a terminal: lines after the first indented, a control character as `^X`, one beyond ASCII (U+0080
    /// to U+009F, which terminals obey as well) as `M-^X`, because a stream must not be able to move the cursor of who
    /// watches it.
    static func appendVisible(_ text: String, to output: inout [UInt8]) {
        func isControl(_ byte: UInt8, after last: UInt8) -> Bool {
            switch byte {
            case 0x09: false
            case 0..<0x20, 0x7F: true
            case 0x80...0x9F: last == 0xC2
            default: false
            }
        }
        appendReplacing(text, to: &output, where: isControl) { byte, output in
            switch byte {
            case 0x0A:
                output.append(contentsOf: "\n    ".utf8)
            case 0x80...:
                // In place of the first of its two bytes, which was copied already.
                output.removeLast()
                output.append(contentsOf: "M-^".utf8)
                output.append(byte ^ 0xC0)
            default:
                output.append(UInt8(ascii: "^"))
                output.append(byte ^ 0x40)
            }
        }
    }

    /// Copies text in the longest pieces that need no replacement.
    ///
    /// - Parameter isSpecial: Is told a byte, and the one before it.
    @inline(__always)
    private static func appendReplacing(
        _ text: String,
        to output: inout [UInt8],
        where isSpecial: (UInt8, UInt8) -> Bool,
        with replace: (UInt8, inout [UInt8]) -> Void
    ) {
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            var last: UInt8 = 0
            for (index, byte) in bytes.enumerated() {
                defer { last = byte }
                guard isSpecial(byte, last) else { continue }
                output.append(contentsOf: bytes[start..<index])
                replace(byte, &output)
                start = index + 1
            }
            output.append(contentsOf: bytes[start...])
        }
    }
}
