import ServerSentEvents

/// WHATWG HTML 9.2.6, transcribed sentence by sentence and run on the whole stream at once: slow, and easy to check
/// against the specification. Shares no code with ``EventParser``.
enum ReferenceParser {
    static func outcome(of bytes: [UInt8], lastEventID: String = "") -> Outcome {
        var outcome = Outcome()
        var lastEventIDString = lastEventID
        var data = ""
        var type = ""
        // The specification says "empty"; see EventParser.id for why it is the id in force.
        var id = lastEventID

        for line in lines(of: bytes) {
            if line.isEmpty {
                lastEventIDString = id
                if data.isEmpty {
                    type = ""
                    continue
                }
                data.unicodeScalars.removeLast()
                let event = MessageEvent(
                    type: type.isEmpty ? "message" : type,
                    data: data,
                    lastEventID: lastEventIDString
                )
                outcome.items.append(exact(.event(event)))
                data = ""
                type = ""
                continue
            }
            let colon = line.firstIndex(of: ":")
            var value = colon.map { Array(line[($0 + 1)...]) } ?? []
            if value.first == " " { value.removeFirst() }
            switch text(Array(line[..<(colon ?? line.endIndex)])) {
            case "" where colon == 0: outcome.items.append(exact(.comment(text(value))))
            case "event": type = text(value)
            case "data":
                data += text(value)
                data.unicodeScalars.append("\n")
            case "id": if !value.contains("\0") { id = text(value) }
            case "retry":
                if !value.isEmpty, value.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(text(value)) {
                    outcome.items.append(exact(.retry(number)))
                }
            default: break
            }
        }
        outcome.lastEventID = exact(lastEventIDString)
        return outcome
    }

    /// The lines that are ended by CRLF, LF or CR. What comes after the last end is not a line.
    private static func lines(of bytes: [UInt8]) -> [[Unicode.Scalar]] {
        var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var lines: [[Unicode.Scalar]] = []
        var line: [Unicode.Scalar] = []
        var previous: Unicode.Scalar?
        for scalar in scalars {
            if scalar == "\r" || (scalar == "\n" && previous != "\r") {
                lines.append(line)
                line = []
            } else if scalar != "\n" {
                line.append(scalar)
            }
            previous = scalar
        }
        return lines
    }

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}
