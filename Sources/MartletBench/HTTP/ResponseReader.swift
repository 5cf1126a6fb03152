/// Reads an HTTP/1.1 response: its head once, then its body with as little work as possible. Does no I/O.
///
/// A client's codec makes objects of every piece; a load that shares the cores with the server can't afford that.
/// Source: RFC 9112.
struct ResponseReader {
    /// What the head says that matters here.
    struct Head: Hashable, Sendable {
        var status = 0
        /// The status code and its reason, as they were written.
        var statusLine = ""
        var contentType = ""
        /// Whether the server closes the connection afterwards.
        var closes = false
        var length: Int?
        var isChunked = false
    }

    /// Why it can't be read.
    enum Failure: Error, Hashable, Sendable {
        case notHTTP
        case headTooLarge
        case badLength
        case badChunk
    }

    private enum State {
        case head
        case length(left: Int)
        /// Within the digits of a chunk's size.
        case chunkSize(soFar: Int, digits: Int)
        /// Behind them, up to the line's end.
        case chunkExtension(size: Int, length: Int)
        case chunk(left: Int)
        /// The line end behind a chunk.
        case chunkEnd
        /// The trailer, up to an empty line.
        case trailer(lineLength: Int, length: Int)
        case untilClose
        case complete
    }

    private var state = State.head
    /// The head so far, until it is whole.
    private var headBytes: [UInt8] = []

    static let maxHeadBytes = 16 << 10
    private static let maxExtensionBytes = 4 << 10

    /// Whether the whole response has come.
    var isComplete: Bool { if case .complete = self.state { true } else { false } }

    /// Whether a closed connection is the regular end of the body.
    var endsWithConnection: Bool { if case .untilClose = self.state { true } else { false } }

    /// Whether nothing of a response has come yet.
    var isUnread: Bool { if case .head = self.state { self.headBytes.isEmpty } else { false } }

    /// Makes it ready for the next response on the same connection.
    mutating func reset() {
        self.state = .head
        self.headBytes.removeAll(keepingCapacity: true)
    }

    /// Reads the next bytes. What lies behind the end of a response is not read.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        onHead: (Head) -> Void,
        onBody: (UnsafeRawBufferPointer) -> Void
    ) throws(Failure) {
        var rest = bytes
        if case .head = self.state {
            guard let used = try self.readHead(rest, onHead) else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[used...])
        }
        try self.readBody(rest, onBody)
    }

    private mutating func readBody(
        _ bytes: UnsafeRawBufferPointer,
        _ onBody: (UnsafeRawBufferPointer) -> Void
    ) throws(Failure) {
        var place = 0
        while place < bytes.count {
            switch self.state {
            case .head, .complete: return
            case .untilClose:
                onBody(UnsafeRawBufferPointer(rebasing: bytes[place...]))
                return
            case .length(let left):
                let taken = min(left, bytes.count - place)
                onBody(UnsafeRawBufferPointer(rebasing: bytes[place..<(place + taken)]))
                place += taken
                self.state = taken == left ? .complete : .length(left: left - taken)
            case .chunk(let left):
                let taken = min(left, bytes.count - place)
                onBody(UnsafeRawBufferPointer(rebasing: bytes[place..<(place + taken)]))
                place += taken
                self.state = taken == left ? .chunkEnd : .chunk(left: left - taken)
            case .chunkSize, .chunkExtension, .chunkEnd, .trailer:
                try self.readFraming(bytes[place])
                place += 1
            }
        }
    }

    /// One byte of what lies between chunks.
    private mutating func readFraming(_ byte: UInt8) throws(Failure) {
        let isLineEnd = byte == UInt8(ascii: "\n")
        let isReturn = byte == UInt8(ascii: "\r")
        switch self.state {
        case .chunkSize(let soFar, let digits):
            if let digit = Self.hexadecimal(byte) {
                // Eight digits are 4 GiB in one chunk, which nobody sends.
                guard digits < 8 else { throw .badChunk }
                self.state = .chunkSize(soFar: soFar << 4 | digit, digits: digits + 1)
            } else {
                guard digits > 0 else { throw .badChunk }
                if isLineEnd {
                    self.beginChunk(soFar)
                } else if isReturn || byte == UInt8(ascii: ";") || byte == UInt8(ascii: " ") {
                    self.state = .chunkExtension(size: soFar, length: 0)
                } else {
                    throw .badChunk
                }
            }
        case .chunkExtension(let size, let length):
            guard length < Self.maxExtensionBytes else { throw .badChunk }
            if isLineEnd { self.beginChunk(size) } else { self.state = .chunkExtension(size: size, length: length + 1) }
        case .chunkEnd:
            if isLineEnd {
                self.state = .chunkSize(soFar: 0, digits: 0)
            } else if !isReturn {
                throw .badChunk
            }
        case .trailer(let lineLength, let length):
            guard length < Self.maxHeadBytes else { throw .headTooLarge }
            if isLineEnd {
                self.state = lineLength == 0 ? .complete : .trailer(lineLength: 0, length: length + 1)
            } else {
                self.state = .trailer(lineLength: lineLength + (isReturn ? 0 : 1), length: length + 1)
            }
        case .head, .length, .chunk, .untilClose, .complete: break
        }
    }

    private mutating func beginChunk(_ size: Int) {
        self.state = size == 0 ? .trailer(lineLength: 0, length: 0) : .chunk(left: size)
    }

    @inline(__always)
    private static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}

extension ResponseReader {
    /// Gathers the head; how many of the bytes belong to it, once it is whole.
    private mutating func readHead(
        _ bytes: UnsafeRawBufferPointer,
        _ onHead: (Head) -> Void
    ) throws(Failure) -> Int? {
        var used = 0
        while used < bytes.count {
            let byte = bytes[used]
            used += 1
            self.headBytes.append(byte)
            guard self.headBytes.count <= Self.maxHeadBytes else { throw .headTooLarge }
            guard byte == UInt8(ascii: "\n"), self.endsWithEmptyLine else { continue }
            let head = try Self.parse(self.headBytes)
            self.headBytes.removeAll(keepingCapacity: true)
            // An interim response, after which the real one comes.
            if (100..<200).contains(head.status), head.status != 101 { continue }
            self.headBytes = []
            self.begin(head)
            onHead(head)
            return used
        }
        return nil
    }

    private var endsWithEmptyLine: Bool {
        let tail = self.headBytes.suffix(4)
        return tail.suffix(2) == [0x0A, 0x0A] || tail == [0x0D, 0x0A, 0x0D, 0x0A]
    }

    private mutating func begin(_ head: Head) {
        if head.status == 204 || head.status == 304 || head.status == 101 {
            self.state = .complete
        } else if head.isChunked {
            self.state = .chunkSize(soFar: 0, digits: 0)
        } else if let length = head.length {
            self.state = length == 0 ? .complete : .length(left: length)
        } else {
            self.state = .untilClose
        }
    }

    private static func parse(_ bytes: [UInt8]) throws(Failure) -> Head {
        var lines = bytes.split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }[...]
        guard let first = lines.popFirst(), first.hasPrefix("HTTP/1."), first.utf8.count >= 12,
            let status = Int(first.dropFirst(9).prefix(3)), (100...599).contains(status)
        else { throw .notHTTP }
        var head = Head()
        head.status = status
        head.statusLine = String(first.dropFirst(9))
        head.closes = first.hasPrefix("HTTP/1.0")
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmed
            switch line[..<colon].lowercased() {
            case "content-length":
                guard let length = Int(value), length >= 0 else { throw .badLength }
                head.length = length
            case "transfer-encoding": head.isChunked = value.lowercased().hasSuffix("chunked")
            case "content-type": head.contentType = String(value).lowercased()
            case "connection":
                let value = value.lowercased()
                if value.contains("close") { head.closes = true }
                if value.contains("keep-alive") { head.closes = false }
            default: break
            }
        }
        return head
    }
}

extension Substring {
    /// Without blanks at either end.
    fileprivate var trimmed: Substring {
        var text = self.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
