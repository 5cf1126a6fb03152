import Testing

@testable import MartletBench

@Suite struct MarkerTests {
    private func bytes(_ marker: Marker) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Marker.byteCount)
        bytes.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { marker.write(to: base) }
        }
        return bytes
    }

    private func read(_ bytes: [UInt8]) -> Marker? {
        bytes.withUnsafeBytes { buffer in buffer.baseAddress.flatMap(Marker.read) }
    }

    @Test(arguments: [
        Marker(time: 0, publisher: 0, sequence: 0),
        Marker(time: 9_999_999_999_999_999, publisher: 9_999, sequence: 999_999_999_999),
        Marker(time: 1_234_567_890_123_456, publisher: 42, sequence: 100_000_001),
    ])
    func `a marker is read as it was written`(marker: Marker) {
        #expect(self.bytes(marker).count == Marker.byteCount)
        #expect(self.read(self.bytes(marker)) == marker)
    }

    @Test func `its form on the wire is a tilde, 32 digits and a full stop`() {
        let text = String(decoding: self.bytes(Marker(time: 17, publisher: 3, sequence: 12)), as: UTF8.self)
        #expect(text == "~00000000000000170003000000000012.")
    }

    @Test func `whatever is no digit in a digit's place makes it none`() {
        let whole = self.bytes(Marker(time: 1_234_567_890_123_456, publisher: 7, sequence: 89))
        var wrong: [String] = []
        for place in 1..<Marker.byteCount {
            for byte in UInt8.min...UInt8.max where byte != whole[place] {
                var spoilt = whole
                spoilt[place] = byte
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                let isAllowed = place < Marker.byteCount - 1 && isDigit
                if (self.read(spoilt) != nil) != isAllowed { wrong.append("byte \(byte) in place \(place)") }
            }
        }
        #expect(wrong == [])
    }

    @Test func `its age is right where the clock wraps around`() {
        let marker = Marker(time: Marker.timeRange - 5, publisher: 0, sequence: 0)
        #expect(marker.age(at: 3 * Marker.timeRange + 10) == 15)
        #expect(marker.age(at: 2 * Marker.timeRange - 5) == 0)
    }
}
