import ServerSentEvents

/// An item written out scalar by scalar. Strings compare by canonical equivalence, which would hide differences.
func exact(_ item: EventParser.Item) -> String {
    switch item {
    case .event(let event): "event \(exact(event.type)) \(exact(event.data)) id \(exact(event.lastEventID))"
    case .comment(let text): "comment \(exact(text))"
    case .retry(let milliseconds): "retry \(milliseconds)"
    }
}

func exact(_ text: String) -> String {
    "\"" + text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
}

/// What a parser made of a stream that came in these chunks.
struct Outcome: Equatable, CustomStringConvertible {
    var items: [String] = []
    var lastEventID = "\"\""
    var error: EventParserError.Code?

    var description: String {
        "\(items) last id \(lastEventID)" + (error.map { " error \($0)" } ?? "")
    }
}

extension Outcome {
    init(
        parsing chunks: some Sequence<ArraySlice<UInt8>>,
        lastEventID: String = "",
        limits: EventParser.Limits = EventParser.Limits()
    ) {
        var parser = EventParser(lastEventID: lastEventID, limits: limits, reportsComments: true)
        do throws(EventParserError) {
            for chunk in chunks { try parser.parse(chunk) { items.append(exact($0)) } }
        } catch {
            self.error = error.code
        }
        parser.finish()
        self.lastEventID = exact(parser.lastEventID)
    }
}
