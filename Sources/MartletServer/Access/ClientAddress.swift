import HTTPTypes
import NIOCore

/// Whom streams are counted for: an IPv4 address, or the first 64 bits of an IPv6 address, all of which one customer of a
/// provider has to himself (RFC 6177).
struct ClientAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    private init(_ address: [UInt8]) {
        self.bytes = address.count == 16 ? Array(address.prefix(8)) : address
    }

    /// The address a request comes from.
    ///
    /// A trusted proxy's word is taken on whom it speaks for, and that one's in turn if it is trusted too; so the field is
    /// read from its end, and what a client writes into it itself is not believed.
    init?(peer: SocketAddress?, fields: HTTPFields, trusting proxies: [AddressRange]) {
        guard let text = peer?.ipAddress, var address = Self.parse(Self.host(of: text)) else {
            return nil
        }
        if !proxies.isEmpty {
            var hops = fields[values: .xForwardedFor].flatMap { $0.split(separator: ",") }
            while proxies.contains(where: { $0.contains(address) }), let hop = hops.popLast(),
                let next = Self.parse(Self.host(of: String(hop)))
            {
                address = next
            }
        }
        self.init(address)
    }

    /// An address without blanks around it, a port behind it, or an interface.
    static func host(of text: String) -> String {
        var text = Substring(text).drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" && $0 != "%" }
        if text.first == "[" { return String(text.dropFirst().prefix { $0 != "]" }) }
        if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 { text = text.prefix { $0 != ":" } }
        return String(text)
    }

    private static func parse(_ text: String) -> [UInt8]? {
        BindAddress.ipv4(text) ?? BindAddress.ipv6(text).map { AddressRange.unmapped($0) }
    }
}

extension ClientAddress: CustomStringConvertible {
    /// `192.0.2.7`, or of IPv6 the network it is counted by, such as `2001:db8:0:7::/64`.
    var description: String {
        if self.bytes.count == 4 { return self.bytes.map { "\($0)" }.joined(separator: ".") }
        var groups = stride(from: 0, to: self.bytes.count, by: 2).map {
            UInt16(self.bytes[$0]) << 8 | UInt16(self.bytes[$0 + 1])
        }
        while groups.last == 0 { groups.removeLast() }
        return groups.map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    /// What operators are shown of a stream: the client that a proxy speaks for, or who is connected, with the port.
    ///
    /// - Parameters:
    ///   - client: whom the stream is counted for, if that is known.
    ///   - peer: who is connected.
    static func shown(_ client: ClientAddress?, connectedAs peer: SocketAddress?) -> String {
        if let client, client != ClientAddress(peer: peer, fields: [:], trusting: []) { return client.description }
        return peer?.text ?? ""
    }
}
