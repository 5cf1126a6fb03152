import Testing

@testable import MartletBench

@Suite struct ReceiptScannerTests {
    private func payload(_ sequence: Int, size: Int = 60) -> String {
        let digits = String(sequence)
        let padded = String(repeating: "0", count: 12 - digits.count) + digits
        return "~" + String(repeating: "0", count: 20) + padded + "." + String(repeating: "x", count: size - 34)
    }

    /// What is found, with the bytes handed over in pieces.
    private func found(in text: String, size: Int = 60, piece: Int) -> (sequences: [Int], gaps: Int) {
        var scanner = ReceiptScanner(payloadBytes: size)
        var sequences: [Int] = []
        var gaps = 0
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            Array(bytes[start..<min(bytes.count, start + piece)]).withUnsafeBytes { bytes in
                scanner.scan(bytes) { finding in
                    switch finding {
                    case .marker(let marker): sequences.append(marker.sequence)
                    case .gap: gaps += 1
                    }
                }
            }
        }
        return (sequences, gaps)
    }

    @Test func `markers are found wherever the bytes are cut`() {
        let text = ": hello\n\n" + (0..<5).map { "id: k3f9x-\($0)\ndata: \(self.payload($0))\n\n" }.joined()
        for piece in 1...text.utf8.count {
            #expect(self.found(in: text, piece: piece).sequences == [0, 1, 2, 3, 4], "in pieces of \(piece)")
        }
    }

    @Test func `a tilde elsewhere is none, and hides none behind it`() {
        let text = "id: ~user~\ndata: ~~1.~" + self.payload(7) + "\n\nid: ~\ndata: " + self.payload(8)
        for piece in 35...text.utf8.count {
            #expect(self.found(in: text, piece: piece).sequences == [7, 8], "in pieces of \(piece)")
        }
    }

    @Test func `a gap that the server tells of is seen, before a marker and alone`() {
        let gap = "event: martlet:gap\ndata: {\"requested\":\"a-1\",\"reason\":\"trimmed\",\"resumed\":\"a-7\"}\n\n"
        let text = gap + "data: " + self.payload(0) + "\n\n" + gap
        #expect(self.found(in: text, piece: text.utf8.count).gaps == 2)
        #expect(self.found(in: "data: \(self.payload(0))\n\n", piece: 1_000).gaps == 0)
    }
}
