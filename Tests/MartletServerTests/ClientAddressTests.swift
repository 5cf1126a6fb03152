import HTTPTypes
import NIOCore
import Testing

@testable import MartletServer

@Suite("Whom streams are counted for")
struct ClientAddressTests {
    static func address(
        of peer: String,
        forwarded: [String] = [],
        trusting proxies: [String] = []
    ) throws -> ClientAddress? {
        var fields: HTTPFields = [:]
        for value in forwarded { fields.append(HTTPField(name: .xForwardedFor, value: value)) }
        return ClientAddress(
            peer: try SocketAddress(ipAddress: peer, port: 1),
            fields: fields,
            trusting: try proxies.map { try #require(AddressRange($0)) }
        )
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("::1", "127.0.0.1", false),
        // One customer of a provider has 64 bits to himself.
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        // An address in the other protocol that begins with the same bytes is another.
        ("0.0.0.0", "::", false),
    ])
    func `Addresses are one's own`(_ left: String, _ right: String, _ isSame: Bool) throws {
        let addresses = (try #require(try Self.address(of: left)), try #require(try Self.address(of: right)))
        #expect((addresses.0 == addresses.1) == isSame)
        if isSame { #expect(addresses.0.hashValue == addresses.1.hashValue) }
    }

    @Test func `What has no IP address is counted for nobody`() throws {
        #expect(ClientAddress(peer: nil, fields: [:], trusting: []) == nil)
        let socket = try SocketAddress(unixDomainSocketPath: "/tmp/socket")
        #expect(ClientAddress(peer: socket, fields: [.xForwardedFor: "192.0.2.1"], trusting: []) == nil)
    }

    struct Case: CustomTestStringConvertible {
        var peer: String
        var forwarded: [String]
        var proxies: [String]
        var expected: String
        var testDescription: String { "\(self.peer), X-Forwarded-For \(self.forwarded), trusting \(self.proxies)" }

        init(_ peer: String, _ forwarded: [String], trusting proxies: [String], _ expected: String) {
            self.peer = peer
            self.forwarded = forwarded
            self.proxies = proxies
            self.expected = expected
        }
    }

    static let cases: [Case] = [
        Case("10.0.0.1", ["192.0.2.1"], trusting: [], "10.0.0.1"),
        Case("10.0.0.1", ["192.0.2.1"], trusting: ["10.0.0.2"], "10.0.0.1"),
        Case("10.0.0.1", ["192.0.2.1"], trusting: ["10.0.0.1"], "192.0.2.1"),
        Case("10.0.0.1", ["192.0.2.1"], trusting: ["10.0.0.0/8"], "192.0.2.1"),
        Case("::ffff:10.0.0.1", ["192.0.2.1"], trusting: ["10.0.0.0/8"], "192.0.2.1"),
        Case("fd00::1", ["2001:db8::1"], trusting: ["fd00::/8"], "2001:db8::1"),
        Case("10.0.0.1", ["::ffff:192.0.2.1"], trusting: ["10.0.0.1"], "192.0.2.1"),
        Case("10.0.0.1", [], trusting: ["10.0.0.1"], "10.0.0.1"),
        Case("10.0.0.1", [""], trusting: ["10.0.0.1"], "10.0.0.1"),
        // What the client wrote itself stands before what the proxy adds.
        Case("10.0.0.1", ["203.0.113.9, 192.0.2.1"], trusting: ["10.0.0.1"], "192.0.2.1"),
        Case("10.0.0.1", ["203.0.113.9", "192.0.2.1"], trusting: ["10.0.0.1"], "192.0.2.1"),
        Case("10.0.0.1", ["203.0.113.9,192.0.2.1"], trusting: ["10.0.0.1"], "192.0.2.1"),
        Case("10.0.0.1", ["203.0.113.9  ,   192.0.2.1  "], trusting: ["10.0.0.1"], "192.0.2.1"),
        Case("10.0.0.1", ["10.0.0.1, 192.0.2.1"], trusting: ["10.0.0.1"], "192.0.2.1"),
        // A chain of proxies, as far as they are trusted.
        Case("10.0.0.1", ["203.0.113.9, 192.0.2.1, 10.0.0.2"], trusting: ["10.0.0.0/8"], "192.0.2.1"),
        Case("10.0.0.1", ["203.0.113.9, 192.0.2.1", "10.0.0.3, 10.0.0.2"], trusting: ["10.0.0.0/8"], "192.0.2.1"),
        Case("10.0.0.1", ["192.0.2.1, 10.0.0.2"], trusting: ["10.0.0.1"], "10.0.0.2"),
        Case("10.0.0.1", ["10.0.0.3, 10.0.0.2"], trusting: ["10.0.0.0/8"], "10.0.0.3"),
        // What is no address ends the chain: it is the last one that is known.
        Case("10.0.0.1", ["192.0.2.1, unknown"], trusting: ["10.0.0.1"], "10.0.0.1"),
        Case("10.0.0.1", ["192.0.2.1, unknown, 10.0.0.2"], trusting: ["10.0.0.0/8"], "10.0.0.2"),
        // As some proxies write it.
        Case("10.0.0.1", ["192.0.2.1:80"], trusting: ["10.0.0.1"], "192.0.2.1"),
        Case("10.0.0.1", ["[2001:db8::1]:443"], trusting: ["10.0.0.1"], "2001:db8::1"),
        Case("10.0.0.1", ["fe80::1%eth0"], trusting: ["10.0.0.1"], "fe80::1"),
        Case("10.0.0.1", ["192.0.2.1 203.0.113.9"], trusting: ["10.0.0.1"], "192.0.2.1"),
        Case("10.0.0.1", ["[2001:db8::1]"], trusting: ["10.0.0.1"], "2001:db8::1"),
    ]

    @Test(arguments: cases)
    func `Who a trusted proxy says it is, and nobody else's word is taken`(_ sample: Case) throws {
        let address = try Self.address(of: sample.peer, forwarded: sample.forwarded, trusting: sample.proxies)
        #expect(try address == Self.address(of: sample.expected))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8::1", "2001:db8::/64"), ("::1", "::/64"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
    ])
    func `As text it is what it is counted by`(_ address: String, _ expected: String) throws {
        #expect(try #require(try Self.address(of: address)).description == expected)
    }

    @Test func `Operators are shown whom a proxy speaks for, and of others the port too`() throws {
        let peer = try SocketAddress(ipAddress: "10.0.0.1", port: 4711)
        let forwarded = try Self.address(of: "10.0.0.1", forwarded: ["192.0.2.1"], trusting: ["10.0.0.1"])
        #expect(ClientAddress.shown(forwarded, connectedAs: peer) == "192.0.2.1")
        #expect(ClientAddress.shown(try Self.address(of: "10.0.0.1"), connectedAs: peer) == "10.0.0.1:4711")
        #expect(ClientAddress.shown(nil, connectedAs: peer) == "10.0.0.1:4711")
        #expect(ClientAddress.shown(nil, connectedAs: nil) == "")
        let version6 = try SocketAddress(ipAddress: "2001:db8::1", port: 4711)
        #expect(ClientAddress.shown(try Self.address(of: "2001:db8::1"), connectedAs: version6) == "[2001:db8::1]:4711")
    }
}

@Suite("Streams of an address")
struct AddressCountsTests {
    private static func address(_ text: String) throws -> ClientAddress {
        try #require(try ClientAddressTests.address(of: text))
    }

    @Test func `An address has as many as it may, whatever others have`() throws {
        let counts = AddressCounts(most: 2)
        let (one, other) = (try Self.address("192.0.2.1"), try Self.address("192.0.2.2"))
        #expect(counts.take(one))
        #expect(counts.take(one))
        #expect(!counts.take(one))
        #expect(counts.take(other))
        counts.release(one)
        #expect(counts.take(one))
        #expect(!counts.take(one))
        for _ in 1...2 { counts.release(one) }
        for _ in 1...2 { #expect(counts.take(one)) }
        #expect(!counts.take(one))
    }

    @Test func `What was refused, or given back too often, is not counted`() throws {
        let counts = AddressCounts(most: 1)
        let address = try Self.address("192.0.2.1")
        #expect(counts.take(address))
        for _ in 1...10 { #expect(!counts.take(address)) }
        for _ in 1...10 { counts.release(address) }
        #expect(counts.take(address))
        #expect(!counts.take(address))
    }

    @Test func `Many at once do not get more`() async throws {
        let counts = AddressCounts(most: 10)
        let address = try Self.address("192.0.2.1")
        let taken = await withTaskGroup(of: Bool.self) { group in
            for _ in 1...200 { group.addTask { counts.take(address) } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 10)
    }
}
