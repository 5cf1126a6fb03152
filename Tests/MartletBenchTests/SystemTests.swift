import NIOCore
import Testing

@testable import MartletBench

@Suite struct SystemTests {
    @Test func `many connections on loopback come from several addresses`() throws {
        let loopback = try SocketAddress(ipAddress: "127.0.0.1", port: 80)
        #expect(try SourceAddresses.choose(for: 800, to: loopback, ports: 1_000).isEmpty)
        let two = try SourceAddresses.choose(for: 801, to: loopback, ports: 1_000)
        #expect(two.map(\.ipAddress) == ["127.0.0.2", "127.0.0.3"])
    }

    @Test func `too many connections to one address elsewhere are refused`() throws {
        let address = try SocketAddress(ipAddress: "192.0.2.1", port: 80)
        let error = #expect(throws: BenchError.self) {
            try SourceAddresses.choose(for: 801, to: address, ports: 1_000)
        }
        #expect(error?.code == .tooFewPorts)
        let loopback = try SocketAddress(ipAddress: "127.0.0.1", port: 80)
        #expect(throws: BenchError.self) { try SourceAddresses.choose(for: 900_000, to: loopback, ports: 1_000) }
    }

    @Test func `more descriptors than a process may have are refused`() {
        let error = #expect(throws: BenchError.self) { try DescriptorLimit.reserve(1 << 40) }
        #expect(error?.code == .tooFewDescriptors)
    }

    #if os(Linux)
    @Test func `a process's times are read behind a name with brackets`() throws {
        let stat = "7 (a b) c) R 1 7 7 0 -1 4194304 1 2 3 4 250 50 0 0 20 0 1 0 9"
        let times = try #require(ProcessCost.times(stat: stat))
        #expect(times.user == 2.5)
        #expect(times.system == 0.5)
        #expect(ProcessCost.times(stat: "7 (x) R 1") == nil)
        #expect(ProcessCost.resident(status: "Name:\tx\nVmRSS:\t    20 kB\n") == 20 << 10)
    }

    @Test func `this process has a cost, and one that is none is told`() throws {
        let cost = try ProcessCost.read([1])
        #expect(cost.resident > 0)
        let error = #expect(throws: BenchError.self) { try ProcessCost.read([1 << 30]) }
        #expect(error?.code == .noProcess)
    }
    #endif

    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (10_000_000, "10,000,000"),
    ])
    func `whole numbers are grouped`(value: Int, text: String) {
        #expect(Number.grouped(value) == text)
    }

    @Test(arguments: [
        (0.0, "0.00"), (1.005, "1.00"), (9.999, "10.00"), (12.34, "12.3"), (99.96, "100.0"), (1_234.5, "1,235"),
        (-0.5, "-0.50"), (0.001, "0.00"),
    ])
    func `numbers have the decimals that tell something`(value: Double, text: String) {
        #expect(Number.shown(value) == text)
    }

    @Test(arguments: [
        ("401 Unauthorized", "A token is missing.\n", "401 Unauthorized: A token is missing."),
        ("502 Bad Gateway", "<html>\n<body>oops</body>", "502 Bad Gateway"),
        ("503 X", "\n \n{\"error\":\"full\"}\n", "503 X: {\"error\":\"full\"}"),
        ("403 \u{1B}[31mX", "evil \u{1B}[31m\n", "403 [31mX: evil [31m"), ("500 X", "", "500 X"),
    ])
    func `a refusal is a sentence fit for a terminal`(status: String, body: String, sentence: String) {
        #expect(Refusal.sentence(status, body: Array(body.utf8)) == sentence)
    }
}
