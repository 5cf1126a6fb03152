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
        let isSpecial: (UInt8) -> Bool = { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
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

    /// Appends text for a terminal: lines after the first indented, a control character as `^X`, because a stream must
    /// not be able to move the cursor of who watches it.
    static func appendVisible(_ text: String, to output: inout [UInt8]) {
        appendReplacing(text, to: &output, where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) { byte, output in
            if byte == 0x0A {
                output.append(contentsOf: "\n    ".utf8)
            } else {
                output.append(UInt8(ascii: "^"))
                output.append(byte ^ 0x40)
            }
        }
    }

    /// Copies text in the longest pieces that need no replacement.
    @inline(__always)
    private static func appendReplacing(
        _ text: String,
        to output: inout [UInt8],
        where isSpecial: (UInt8) -> Bool,
        with replace: (UInt8, inout [UInt8]) -> Void
    ) {
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for (index, byte) in bytes.enumerated() where isSpecial(byte) {
                output.append(contentsOf: bytes[start..<index])
                replace(byte, &output)
                start = index + 1
            }
            output.append(contentsOf: bytes[start...])
        }
    }
}
