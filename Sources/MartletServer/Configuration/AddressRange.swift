import Foundation

/// The addresses that begin with the same bits: one address, or a block in CIDR notation (RFC 4632, RFC 4291 §2.3).
///
/// An IPv4 address that is mapped into IPv6 (`::ffff:10.0.0.1`) counts as the IPv4 address.
///
/// ```swift
/// let office = AddressRange("10.1.0.0/16")
/// print(office?.contains([10, 1, 2, 3]) ?? false)  // true
/// ```
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen, those beyond the prefix zero.
    let bytes: [UInt8]
    /// How many bits all addresses of the range share.
    let prefix: Int

    /// Reads `10.0.0.1`, `10.0.0.0/8`, `fd00::1` or `fd00::/8`; `nil` is anything else, bits beyond the prefix included.
    public init?(_ text: String) {
        guard let range = try? Self.parse(text) else { return nil }
        self = range
    }

    private init(bytes: [UInt8], prefix: Int) {
        // An IPv4 block within the mapped ones is written with 96 bits more.
        let isMapped = prefix >= 96 && Self.isMapped(bytes)
        self.bytes = isMapped ? Array(bytes[12...]) : bytes
        self.prefix = isMapped ? prefix - 96 : prefix
    }

    /// Whether `address`, the 4 bytes of IPv4 or the 16 of IPv6, is in the range.
    public func contains(_ address: [UInt8]) -> Bool {
        let address = Self.unmapped(address)
        guard address.count == bytes.count else { return false }
        return Self.masked(address, prefix) == bytes
    }

    /// The address as IPv4 if it is one that is mapped into IPv6.
    static func unmapped(_ address: [UInt8]) -> [UInt8] {
        self.isMapped(address) ? Array(address[12...]) : address
    }

    /// The address, and the length of the prefix if there is more than one.
    public var description: String {
        let isOne = prefix == bytes.count * 8
        return isOne ? Self.text(bytes) : "\(Self.text(bytes))/\(prefix)"
    }
}

extension AddressRange {
    /// - Returns: `nil` for what looks like no address at all.
    fileprivate static func parse(_ text: String) throws(Refusal) -> AddressRange? {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        let address = String(Substring(parts[0]))
        guard let bytes = BindAddress.ipv4(address) ?? BindAddress.ipv6(address) else { return nil }
        let most = bytes.count * 8
        var prefix = most
        if parts.count == 2 {
            guard (1...3).contains(parts[1].count), parts[1].allSatisfy(\.isDigit),
                let length = Int(Substring(parts[1])), length <= most
            else {
                throw Refusal(
                    .invalidValue,
                    "expected the length of a prefix from 0 to \(most) after the slash, found \(text.quoted)"
                )
            }
            prefix = length
        }
        let block = AddressRange(bytes: masked(bytes, prefix), prefix: prefix)
        guard masked(bytes, prefix) == bytes else {
            let suggestion = "\(Self.text(masked(bytes, prefix)))/\(prefix)"
            throw Refusal(
                .invalidValue,
                "\(text.quoted) has bits set beyond its prefix; write \(suggestion) for the block, or the address alone"
            )
        }
        return block
    }

    private static func isMapped(_ bytes: [UInt8]) -> Bool {
        bytes.count == 16 && bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
    }

    /// The bytes with all bits beyond the first `prefix` zero.
    private static func masked(_ bytes: [UInt8], _ prefix: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(8, max(0, prefix - index * 8))
            return byte & ~UInt8(truncatingIfNeeded: 0xFF >> kept)
        }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        var bytes = bytes
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, &bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}

extension ValueFormat<AddressRange> {
    /// An IP address or a block of them.
    static var addressRange: Self {
        Self("an IP address like 10.0.0.1 or a block like 10.0.0.0/8") { text throws(Refusal) in
            try AddressRange.parse(text)
        }
    }
}
