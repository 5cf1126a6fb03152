package import NIOCore

/// One value of the Redis protocol, RESP2 or RESP3, as a server sends it.
///
/// A plain value. Its bytes are slices of what was read from the socket, and keep that whole read alive; who keeps a
/// small value for long copies it (``RESPToken/text`` does).
///
/// Source: github.com/redis/redis-specifications, RESP3. Attributes are skipped by the decoder and have no case here.
package enum RESPToken: Sendable, Hashable {
    /// A key of a map and its value.
    package struct Pair: Sendable, Hashable {
        /// The key.
        package var key: RESPToken
        /// The value.
        package var value: RESPToken

        package init(key: RESPToken, value: RESPToken) {
            self.key = key
            self.value = value
        }
    }

    /// `+`: a line of text.
    case simpleString(ByteBuffer)
    /// `-`: an error on a line.
    case simpleError(ByteBuffer)
    /// `:`
    case number(Int64)
    /// `$`: any bytes.
    case bulkString(ByteBuffer)
    /// `_`, and RESP2's `$-1` and `*-1`.
    case null
    /// `#`
    case boolean(Bool)
    /// `,`
    case double(Double)
    /// `(`: an integer of any length, as its digits.
    case bigNumber(ByteBuffer)
    /// `!`: an error of any bytes.
    case bulkError(ByteBuffer)
    /// `=`: three letters that name a format, a colon, and the text.
    case verbatimString(ByteBuffer)
    /// `*`
    case array([RESPToken])
    /// `%`
    case map([Pair])
    /// `~`
    case set([RESPToken])
    /// `>`: sent by the server without having been asked. Never inside another value.
    case push([RESPToken])
}
