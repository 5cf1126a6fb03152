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
        // A link-local address may name its interface.
        guard let text = peer?.ipAddress?.prefix(while: { $0 != "%" }), var address = Self.parse(String(text)) else {
            return nil
        }
        if !proxies.isEmpty {
            var hops = fields[values: .xForwardedFor].flatMap { $0.split(separator: ",") }
            while proxies.contains(where: { $0.contains(address) }), let hop = hops.popLast(),
                let next = Self.parse(String(hop.drop { $0 == " " }.prefix { $0 != " " }))
            {
                address = next
            }
        }
        self.init(address)
    }

    private static func parse(_ text: String) -> [UInt8]? {
        BindAddress.ipv4(text) ?? BindAddress.ipv6(text).map { AddressRange.unmapped($0) }
    }
}
