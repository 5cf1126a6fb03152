import Testing

@testable import MartletServer

/// Addresses and blocks of them.
@Suite struct ConfigurationAddressRangeTests {
    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1"), ("10.0.0.1/32", "10.0.0.1"), ("10.0.0.0/8", "10.0.0.0/8"), ("0.0.0.0/0", "0.0.0.0/0"),
        ("192.168.1.128/25", "192.168.1.128/25"), ("::1", "::1"), ("::1/128", "::1"), ("FD00::/8", "fd00::/8"),
        ("fd00:0:0:0:8000::/65", "fd00::8000:0:0:0/65"), ("::/0", "::/0"), ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("::ffff:0:0/96", "0.0.0.0/0"), ("::/64", "::/64"),
    ])
    func `a range is written at its shortest`(_ text: String, _ expected: String) {
        #expect(AddressRange(text)?.description == expected)
    }

    @Test(arguments: [
        "", "/", "/8", "10", "10.0.0", "10.0.0.256", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
        "10.0.0.0/8/8", "10.0.0.0/a", "10.0.0.0/0008", "10.0.0.1/8", "10.0.0.1/31", "fd00::1/8", "::/129", "[::1]",
        "::1%lo", "localhost", "10.0.0.1:80", " 10.0.0.1", "10.0.0.1\0", "::ffff:10.0.0.1/104", "::ffff:0:0/80",
        "1::/0",
    ])
    func `anything else is no range`(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "9.255.255.255", false), ("0.0.0.0/0", "255.1.2.3", true),
        ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.255", true),
        ("10.0.0.0/31", "10.0.0.1", true), ("10.0.0.0/31", "10.0.0.2", false), ("::1", "::1", true),
        ("::1", "::2", false), ("fd00::/8", "fdff:ffff::1", true), ("fd00::/8", "fc00::", false),
        ("fd00:0:0:0:8000::/65", "fd00::ffff:0:0:1", true), ("fd00:0:0:0:8000::/65", "fd00::1", false),
        // An IPv4 address is one whichever way it is written, and never in a block of IPv6.
        ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("::ffff:10.0.0.0/104", "10.1.2.3", true),
        ("::ffff:10.0.0.0/104", "::ffff:11.1.2.3", false), ("::/0", "10.1.2.3", false),
        ("::/0", "::ffff:10.1.2.3", false),
        ("0.0.0.0/0", "::1", false), ("::/0", "::1", true), ("10.0.0.0/8", "a00::", false),
    ])
    func `a range contains what begins like it`(_ range: String, _ address: String, _ expected: Bool) throws {
        let bytes = try #require(BindAddress.ipv4(address) ?? BindAddress.ipv6(address))
        #expect(AddressRange(range)?.contains(bytes) == expected)
    }

    @Test func `bytes that are no address are in no range`() {
        for range in ["0.0.0.0/0", "::/0"].compactMap(AddressRange.init) {
            for count in [0, 1, 3, 5, 15, 17] {
                #expect(!range.contains([UInt8](repeating: 0, count: count)))
            }
        }
    }

    @Test func `two spellings of a range are equal`() {
        #expect(AddressRange("::ffff:10.0.0.0/104") == AddressRange("10.0.0.0/8"))
        #expect(AddressRange("10.0.0.0/8") != AddressRange("10.0.0.0/9"))
    }
}
