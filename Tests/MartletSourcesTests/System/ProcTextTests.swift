import Testing

@testable import MartletSources

@Suite("The text of a file of /proc")
struct ProcTextTests {
    @Test func `gives words and numbers`() {
        var text = ProcText("  cpu0\t12 x 18446744073709551615 18446744073709551616\n7".utf8)
        let first = (text.word(), text.number(), text.number(), text.word(), text.number())
        #expect(first == ("cpu0", 12, nil, "x", .max))
        let second = (text.number(), text.word(), text.number(), text.number(), text.word())
        #expect(second == (nil, "18446744073709551616", 7, nil, nil))
    }

    @Test(
        "gives numbers with a fraction",
        arguments: [
            ("0.52", 0.52), ("12", 12.0), ("3.", 3.0), ("4433.7400", 4433.74), ("0.000000000000000000000001", 0.0),
            ("x", nil), ("-1.5", nil), (".5", nil), ("", nil),
        ] as [(String, Double?)]
    )
    func decimal(_ text: String, _ number: Double?) {
        var text = ProcText(text.utf8)
        let found = text.decimal()
        #expect(found == number)
    }

    @Test func `gives what is before the last of a byte`() {
        var text = ProcText("  eth0:1: 5".utf8)
        let colon = UInt8(ascii: ":")
        let found = (text.text(beforeLast: colon), text.number(), text.text(beforeLast: colon))
        #expect(found == ("eth0:1", 5, nil))
        var blank = ProcText("   ".utf8)
        let nothing = blank.text(beforeLast: UInt8(ascii: " "))
        #expect(nothing == nil)
    }
}
