package import NIOCore

/// Makes tokens out of bytes as they come, RESP2 and RESP3 alike.
///
/// A plain value without I/O; a connection's channel handler owns one. What was read once is not read again: a value
/// that is cut anywhere goes on where it stopped, so the work is linear however small the pieces are. Nesting lies on
/// a stack of its own, never on the thread's. Strings are slices of the bytes appended where these hold them whole.
///
/// After an error there is nothing to go on with: every further ``next()`` throws the same.
package struct RESPDecoder: Sendable {
    /// How much is taken from a server. A server beyond these is as broken as one that sends rubbish.
    package struct Limits: Sendable, Hashable {
        /// The longest line, without its end.
        package var lineBytes = 64 << 10
        /// The longest string.
        package var bulkBytes = 16 << 20
        /// The most values in one reply, all levels together.
        package var elements = 1_000_000
        /// The deepest nesting of arrays, maps, sets and attributes.
        package var depth = 32
        /// The largest reply, all of its values and lengths together.
        package var replyBytes = 256 << 20

        package init() {}
    }

    /// What is being read next.
    private enum Step {
        case line
        case bulk(Marker, length: Int)
    }

    let limits: Limits
    var buffer = ByteBuffer()
    /// Whether somebody else holds the storage of `buffer`, so that writing to it would copy all of it.
    private var isShared = false
    /// How many bytes of the line being read are known to hold no end of line.
    var scannedBytes = 0
    private var step = Step.line
    private var open: [OpenAggregate] = []
    private var elementCount = 0
    private var replyByteCount = 0
    private var failure: RESPDecodingError?

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Takes what came from the server.
    package mutating func append(_ bytes: ByteBuffer) {
        guard self.failure == nil, bytes.readableBytes > 0 else { return }
        if self.buffer.readableBytes == 0 {
            self.buffer = bytes
            self.isShared = true
        } else if self.isShared {
            var fresh = ByteBuffer()
            fresh.reserveCapacity(self.buffer.readableBytes + bytes.readableBytes)
            fresh.writeImmutableBuffer(self.buffer)
            fresh.writeImmutableBuffer(bytes)
            self.buffer = fresh
            self.isShared = false
        } else {
            // Moves the smaller part only, so that each byte is moved a limited number of times.
            if self.buffer.readerIndex > self.buffer.readableBytes { self.buffer.discardReadBytes() }
            self.buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next whole value; `nil` if more bytes are needed.
    package mutating func next() throws(RESPDecodingError) -> RESPToken? {
        if let failure = self.failure { throw failure }
        do {
            let token = try self.readToken()
            // Else a decoder that waits would hold the last read for as long.
            if token == nil, self.buffer.readableBytes == 0 { self.buffer = ByteBuffer() }
            return token
        } catch {
            self.failure = error
            self.buffer = ByteBuffer()
            self.open = []
            throw error
        }
    }

    private mutating func readToken() throws(RESPDecodingError) -> RESPToken? {
        while true {
            let token: RESPToken?
            switch self.step {
            case .line:
                guard let line = try self.readLine() else { return nil }
                token = try self.token(of: line)
                self.buffer.moveReaderIndex(to: line.end + 2)
            case .bulk(let marker, let length):
                guard let bytes = try self.readBulk(length: length) else { return nil }
                self.step = .line
                token = try Self.token(of: bytes, as: marker)
            }
            guard let token, let whole = self.place(token) else { continue }
            self.elementCount = 0
            self.replyByteCount = 0
            return whole
        }
    }

    /// What a line is: a value, or `nil` if it opens one that goes on behind it.
    private mutating func token(of line: Line) throws(RESPDecodingError) -> RESPToken? {
        try self.count(bytes: line.length + 2)
        switch line.marker {
        case .simpleString: return .simpleString(self.take(line))
        case .simpleError: return .simpleError(self.take(line))
        case .bigNumber: return .bigNumber(try self.digits(self.take(line)))
        case .number: return .number(try self.number(in: line))
        case .null: return try self.null(in: line)
        case .boolean: return .boolean(try self.boolean(in: line))
        case .double: return .double(try self.double(in: line))
        case .bulkString, .bulkError, .verbatimString:
            guard let length = try self.length(in: line) else { return .null }
            guard length <= self.limits.bulkBytes else {
                throw .limit("A string of \(length) bytes is longer than \(self.limits.bulkBytes)")
            }
            try self.count(bytes: length + 2)
            self.step = .bulk(line.marker, length: length)
            return nil
        case .array, .set, .push, .map, .attribute:
            guard let count = try self.length(in: line) else { return .null }
            return try self.begin(line.marker, count: count)
        }
    }

    /// Begins a value of many. One without elements is whole at once, and an attribute without any is nothing.
    private mutating func begin(_ marker: Marker, count: Int) throws(RESPDecodingError) -> RESPToken? {
        if marker == .push, !self.open.isEmpty { throw .malformed("There is a push inside another value") }
        // The count comes first: twice a number near Int.max would overflow.
        guard count <= self.limits.elements else { throw self.tooManyElements }
        let values = marker == .map || marker == .attribute ? 2 * count : count
        self.elementCount += values
        guard self.elementCount <= self.limits.elements else { throw self.tooManyElements }
        guard self.open.count < self.limits.depth else {
            throw .limit("A reply is nested deeper than \(self.limits.depth) levels")
        }
        let aggregate = OpenAggregate(marker, count: values)
        if values == 0 { return aggregate.token }
        self.open.append(aggregate)
        return nil
    }

    private var tooManyElements: RESPDecodingError {
        .limit("A reply has more than \(self.limits.elements) values")
    }

    /// Puts a value where it belongs; gives the outermost one when it is whole.
    private mutating func place(_ token: RESPToken) -> RESPToken? {
        var token = token
        while let last = self.open.indices.last {
            guard self.open[last].isFilled(by: token) else { return nil }
            guard let whole = self.open.removeLast().token else { return nil }
            token = whole
        }
        return token
    }

    private mutating func count(bytes: Int) throws(RESPDecodingError) {
        self.replyByteCount += bytes
        guard self.replyByteCount <= self.limits.replyBytes else {
            throw .limit("A reply is larger than \(self.limits.replyBytes) bytes")
        }
    }

    private mutating func readBulk(length: Int) throws(RESPDecodingError) -> ByteBuffer? {
        guard self.buffer.readableBytes >= length + 2 else { return nil }
        let end = self.buffer.readerIndex + length
        guard self.buffer.getInteger(at: end, as: UInt16.self) == 0x0D0A else {
            throw .malformed("A string of \(length) bytes is not followed by CR LF")
        }
        let bytes = self.slice(from: self.buffer.readerIndex, length: length)
        self.buffer.moveReaderIndex(to: end + 2)
        return bytes
    }

    private mutating func take(_ line: Line) -> ByteBuffer {
        self.slice(from: line.start, length: line.end - line.start)
    }

    private mutating func slice(from start: Int, length: Int) -> ByteBuffer {
        guard length > 0, let slice = self.buffer.getSlice(at: start, length: length) else { return ByteBuffer() }
        self.isShared = true
        return slice
    }
}
