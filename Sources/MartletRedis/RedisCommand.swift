package import NIOCore

/// A command and its arguments, which may be any bytes.
///
/// ```swift
/// let command = RedisCommand("SET", "users:\(id)", .buffer(value), "PX", "\(milliseconds)")
/// ```
///
/// Arguments are never parsed or escaped, neither here nor by the server: each is sent with its length. So what a
/// stranger wrote can be an argument, but not become a command.
package struct RedisCommand: Sendable, Hashable {
    /// One argument.
    package enum Argument: Sendable, Hashable, ExpressibleByStringInterpolation {
        /// Text, as UTF-8.
        case string(String)
        /// Any bytes.
        case bytes([UInt8])
        /// Any bytes, the readable ones.
        case buffer(ByteBuffer)

        package init(stringLiteral value: String) { self = .string(value) }
    }

    /// The name and what follows it.
    package var arguments: [Argument]

    /// - Parameters:
    ///   - name: E.g. `GET`. A subcommand is an argument: `RedisCommand("CONFIG", "GET", "save")`.
    ///   - arguments: What follows it.
    package init(_ name: String, _ arguments: Argument...) {
        self.init(name, arguments)
    }

    /// - Parameters:
    ///   - name: E.g. `MGET`.
    ///   - arguments: What follows it, e.g. the keys.
    package init(_ name: String, _ arguments: [Argument]) {
        self.arguments = [.string(name)] + arguments
    }

    /// Texts as arguments: `RedisCommand("MGET", strings: keys)`.
    package init(_ name: String, strings: some Sequence<String>) {
        self.init(name, strings.map(Argument.string))
    }
}

// The arguments may be secrets: AUTH has one. So a command in a log line is its name.
extension RedisCommand: CustomStringConvertible {
    /// The name and how many arguments it has.
    package var description: String { "\(self.name) (\(self.arguments.count - 1) arguments)" }

    /// The command's name.
    package var name: String {
        guard case .string(let name) = self.arguments.first else { return "" }
        return name
    }
}
