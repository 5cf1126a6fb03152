import NIOCore

extension RESPDecoder {
    /// A whole line: where it lies in the buffer.
    struct Line {
        let marker: Marker
        /// The first byte behind the marker.
        let start: Int
        /// The place of its CR.
        let end: Int
        /// The length with the marker, without the end of line.
        var length: Int { self.end - self.start + 1 }
    }

    private enum Scan {
        case unfinished(Int)
        case end(Int)
        case tooLong
        case bareEnd
    }

    /// Finds the next line, and leaves it where it is; `nil` if its end has not come.
    mutating func readLine() throws(RESPDecodingError) -> Line? {
        let start = self.buffer.readerIndex
        guard let first = self.buffer.getInteger(at: start, as: UInt8.self) else { return nil }
        guard let marker = Marker(rawValue: first) else {
            throw .malformed("A value begins with the byte \(first), which no type has")
        }
        switch self.scan() {
        case .unfinished(let count):
            self.scannedBytes = count
            return nil
        case .tooLong:
            throw .limit("A line is longer than \(self.limits.lineBytes) bytes")
        case .bareEnd:
            throw .malformed("A line ends with something else than CR LF")
        case .end(let length):
            self.scannedBytes = 0
            return Line(marker: marker, start: start + 1, end: start + length)
        }
    }

    private func scan() -> Scan {
        let limit = self.limits.lineBytes
        return self.buffer.withUnsafeReadableBytes { bytes in
            var index = self.scannedBytes
            // Never looks behind the limit, so that what is found doesn't depend on how much has come already.
            let end = min(bytes.count, limit + 1)
            while index < end, bytes[index] != 0x0D, bytes[index] != 0x0A { index += 1 }
            if index > limit { return .tooLong }
            if index == bytes.count { return .unfinished(index) }
            if bytes[index] == 0x0A { return .bareEnd }
            if index + 1 == bytes.count { return .unfinished(index) }
            return bytes[index + 1] == 0x0A ? .end(index) : .bareEnd
        }
    }
}
