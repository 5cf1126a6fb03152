/// Why a command has no reply, or Redis can't be reached.
///
/// ```swift
/// do {
///     try await client.send(RedisCommand("INCR", "visits"))
/// } catch where error.code == .server("WRONGTYPE") {
///     print(error.message)  // redis://127.0.0.1:6379/0: WRONGTYPE Operation against a key holding the wrong kind of value
/// }
/// ```
package struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error, for programs.
    package enum Code: Sendable, Hashable {
        /// The URL or a setting is wrong. Trying again doesn't help.
        case configuration
        /// There is no connection: it can't be had, it broke, or it was closed.
        case unavailable
        /// No connection, or no reply, in time.
        case timeout
        /// What came is no RESP, or was not asked for.
        case protocolViolation
        /// The task that waited was cancelled.
        case cancelled
        /// The server refused, with the first word of what it said: `WRONGTYPE`, `NOAUTH`, `MOVED`; `ERR` for all else.
        case server(String)
    }

    /// The kind of error, for programs.
    package let code: Code
    /// What happened, for people, without a full stop. Begins with the server's URL, which has no password in it.
    package let message: String
    /// Whether the server may have got the command, and run it, although there is no reply.
    package let mayHaveRun: Bool
    /// Whether a reply was more than is taken from a server: of those without one, that of the first.
    package let isTooLarge: Bool

    /// The message.
    package var description: String { self.message }

    init(
        _ code: Code,
        _ message: String,
        server: String? = nil,
        mayHaveRun: Bool = false,
        isTooLarge: Bool = false
    ) {
        self.code = code
        self.message = server.map { "\($0): \(message)" } ?? message
        self.mayHaveRun = mayHaveRun
        self.isTooLarge = isTooLarge
    }

    /// The same error of a command that had been sent.
    func afterSending() -> RedisError {
        RedisError(self.code, self.message, mayHaveRun: true, isTooLarge: self.isTooLarge)
    }
}

extension RedisError {
    /// The error that a server answered with.
    static func refused(_ text: String, server: String) -> RedisError {
        let kind = text.utf8.prefix { $0 != UInt8(ascii: " ") }
        let isKind = 1...32 ~= kind.count && kind.allSatisfy { 0x41...0x5A ~= $0 }
        return RedisError(.server(isKind ? String(decoding: kind, as: UTF8.self) : "ERR"), text, server: server)
    }
}
