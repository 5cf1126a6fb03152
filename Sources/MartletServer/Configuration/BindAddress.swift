import Foundation

/// A host and a port to listen on.
///
/// ```swift
/// var configuration = Configuration(listen: .init(host: "0.0.0.0", port: 8080), admin: .loopback(port: 8081))
/// print(configuration.listen.isLoopback)  // false
/// ```
public struct BindAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IPv4 address, an IPv6 address without brackets, or a name such as `localhost`.
    public var host: String
    /// 0…65535; 0 is any free port.
    public var port: Int

    /// Takes `host` as it is; only what is read from text is checked.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1` with `port`.
    public static func loopback(port: Int) -> BindAddress {
        BindAddress(host: "127.0.0.1", port: port)
    }

    /// `HOST:PORT`, with brackets around an IPv6 address.
    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether only this machine can reach it: 127.0.0.0/8, `::1`, `::ffff:127.0.0.0/104`, `localhost`.
    public var isLoopback: Bool {
        if let bytes = Self.ipv4(host) { return bytes[0] == 127 }
        if let bytes = Self.ipv6(host) {
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127]
            return bytes == Array(repeating: 0, count: 15) + [1] || bytes.starts(with: mapped)
        }
        return host.lowercased() == "localhost"
    }

    /// The four bytes of a dotted quad, or `nil`.
    static func ipv4(_ text: String) -> [UInt8]? {
        var address = in_addr()
        guard !text.utf8.contains(0), inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: &address) { Array($0) }
    }

    /// The sixteen bytes of an IPv6 address without brackets or zone, or `nil`.
    static func ipv6(_ text: String) -> [UInt8]? {
        var address = in6_addr()
        guard !text.utf8.contains(0), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: &address) { Array($0) }
    }
}
