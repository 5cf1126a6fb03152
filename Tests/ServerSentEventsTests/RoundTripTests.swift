import ServerSentEvents
import Testing

@Suite("What EventEncoder writes and EventParser reads")
struct RoundTripTests {
    private static let pieces: [String] = [
        "\r", "\n", "\r\n", "\0", " ", ":", "data", "id: 1", "\u{301}", "\u{FEFF}", "é", "日本", "𝄞", "\u{85}",
        "\u{2028}",
        "a", "bc", "\t", "👩‍👩‍👧‍👦", "\u{FFFD}",
    ]

    private static func text(_ pieces: some Collection<String>, using generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
            .joined()
    }

    /// Every line end as LF, by plain replacement in scalars.
    private static func normalised(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\r" {
                scalars.append("\n")
            } else if scalar != "\n" || previous != "\r" {
                scalars.append(scalar)
            }
            previous = scalar
        }
        return String(scalars)
    }

    @Test("is the same event, its line ends as LF", arguments: 0..<10)
    func events(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fieldPieces = Self.pieces.filter { !$0.utf8.contains { [0, 10, 13].contains($0) } }
        var bytes: [UInt8] = []
        var expected: [String] = []
        var idInForce = ""
        for _ in 0..<500 {
            var event = Event(data: Self.text(Self.pieces, using: &generator))
            if Bool.random(using: &generator) { event.id = Self.text(fieldPieces, using: &generator) }
            if Bool.random(using: &generator) { event.type = Self.text(fieldPieces, using: &generator) }
            if Bool.random(using: &generator) { event.retry = Int.random(in: 0...(.max), using: &generator) }
            let encoded = try EventEncoder.encode(event)
            #expect(encoded.count == EventEncoder.byteCount(of: event))
            bytes += encoded
            idInForce = event.id ?? idInForce
            if let retry = event.retry { expected.append(exact(.retry(retry))) }
            let type = event.type ?? ""
            expected.append(
                exact(
                    .message(
                        Self.normalised(event.data),
                        type: type.isEmpty ? "message" : type,
                        id: idInForce
                    )
                )
            )
        }
        let whole = Outcome(parsing: [bytes[...]])
        #expect(whole.items == expected)
        #expect(whole.lastEventID == exact(idInForce))
        #expect(Outcome(parsing: bytes.randomSplit(using: &generator)) == whole)
        #expect(Outcome(parsing: bytes.byteByByte) == whole)
    }

    @Test("is the same comment, and never anything but comments", arguments: 0..<5)
    func comments(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let text = Self.text(Self.pieces, using: &generator)
            var lines: [String.UnicodeScalarView] = [String.UnicodeScalarView()]
            for scalar in Self.normalised(text).unicodeScalars {
                if scalar == "\n" {
                    lines.append(String.UnicodeScalarView())
                } else {
                    lines[lines.count - 1].append(scalar)
                }
            }
            let outcome = Outcome(parsing: [EventEncoder.comment(text)[...]])
            #expect(outcome.items == lines.map { exact(.comment(String($0))) })
        }
    }
}
