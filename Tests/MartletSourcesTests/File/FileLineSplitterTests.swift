import Testing

@testable import MartletSources

@Suite("Lines of a file")
struct FileLineSplitterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let lines: [String]
        let partial: String?
        var testDescription: String { String(decoding: bytes, as: UTF8.self).debugDescription }

        init(_ text: String, _ lines: [String], partial: String? = nil) {
            self.init(bytes: Array(text.utf8), lines, partial: partial)
        }

        init(bytes: [UInt8], _ lines: [String], partial: String? = nil) {
            self.bytes = bytes
            self.lines = lines
            self.partial = partial
        }
    }

    /// With a limit of 8 bytes.
    static let cases: [Case] = [
        Case("", []),
        Case("a\n", ["a"]),
        Case("a\nb\nc\n", ["a", "b", "c"]),
        Case("\n\n\n", ["", "", ""]),
        Case("a\r\nb\r\n", ["a", "b"]),
        Case("\r\n\r\n", ["", ""]),
        Case("a\rb\n", ["a\rb"]),
        Case("a\r\r\n", ["a\r"]),
        Case("\r\r\r\n", ["\r\r"]),
        Case("a\r\rb\r\n", ["a\r\rb"]),
        Case("whole\nhalf", ["whole"], partial: "half"),
        Case("whole\nhalf\r", ["whole"], partial: "half"),
        Case("12345678\n", ["12345678"]),
        Case("12345678\r\n", ["12345678"]),
        Case("12345678\r", [], partial: "12345678"),
        Case("123456789\n", ["12345678 … [cut: 1 bytes more]"]),
        Case("12345678\r9\n", ["12345678 … [cut: 2 bytes more]"]),
        Case("12345678\r\r\n", ["12345678 … [cut: 1 bytes more]"]),
        Case("1234567\r\r\n", ["1234567\r"]),
        Case("123456789012345\r\nb\n", ["12345678 … [cut: 7 bytes more]", "b"]),
        Case("1234567890", [], partial: "12345678 … [cut: 2 bytes more]"),
        Case("123456é\n", ["123456é"]),
        Case("1234567é\n", ["1234567 … [cut: 2 bytes more]"]),
        Case("1234567éx\n", ["1234567 … [cut: 3 bytes more]"]),
        Case("12345€\n", ["12345€"]),
        Case("123456€\n", ["123456 … [cut: 3 bytes more]"]),
        Case("1234567€\n", ["1234567 … [cut: 3 bytes more]"]),
        Case("1234😀\n", ["1234😀"]),
        Case("12345😀\n", ["12345 … [cut: 4 bytes more]"]),
        Case("123456😀\n", ["123456 … [cut: 4 bytes more]"]),
        Case("1234567😀\n", ["1234567 … [cut: 4 bytes more]"]),
        Case("1234😀5\n", ["1234😀 … [cut: 1 bytes more]"]),
        Case("ééééé\n", ["éééé … [cut: 2 bytes more]"]),
        Case(bytes: [0x61, 0xFF, 0x62, 0x0A], ["a\u{FFFD}b"]),
        Case(bytes: [0xE2, 0x82, 0x0A], ["\u{FFFD}"]),
        Case(
            bytes: [UInt8](repeating: 0x80, count: 9) + [0x0A],
            [String(repeating: "\u{FFFD}", count: 8) + " … [cut: 1 bytes more]"]
        ),
        Case(bytes: [0x00, 0x0A], ["\0"]),
    ]

    @Test("A text gives the same lines however it is split into three pieces", arguments: cases)
    func everySplit(_ example: Case) {
        for first in 0...example.bytes.count {
            for second in first...example.bytes.count {
                var splitter = FileLineSplitter(limit: 8)
                var lines: [String] = []
                for piece in [example.bytes[..<first], example.bytes[first..<second], example.bytes[second...]] {
                    Array(piece).withUnsafeBytes { splitter.push($0) { lines.append($0) } }
                }
                #expect(lines == example.lines, "split at \(first) and \(second)")
                #expect(splitter.flushPartial() == example.partial, "split at \(first) and \(second)")
                #expect(splitter.flushPartial() == nil)
            }
        }
    }

    @Test("All cases in a row, a byte at a time, do not disturb each other")
    func inARow() {
        var splitter = FileLineSplitter(limit: 8)
        var lines: [String] = []
        let whole = Self.cases.filter { $0.partial == nil }
        for byte in whole.flatMap(\.bytes) {
            withUnsafeBytes(of: byte) { splitter.push($0) { lines.append($0) } }
        }
        #expect(lines == whole.flatMap(\.lines))
    }
}
