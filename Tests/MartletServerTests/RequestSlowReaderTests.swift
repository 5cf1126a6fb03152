import NIOCore
import Testing

@testable import MartletServer

@Suite("Pages for slow readers", .timeLimit(.minutes(1)))
struct RequestSlowReaderTests {
    @Test func `A page that takes longer to read than a connection may lie idle is not cut off`() async throws {
        let limits = HubEndpoint.Limits(keepAlive: .milliseconds(300))
        try await ServedHub.run(limits: limits) { hub in
            let wire = try hub.connect(receiveBuffer: 4 << 10)
            try wire.send("GET /big HTTP/1.1\r\nHost: hub.localhost\r\n\r\n")
            _ = try wire.readHead()
            var bytes: [UInt8] = []
            let end = ContinuousClock.now + .seconds(3)
            while ContinuousClock.now < end, bytes.count < ServedHub.bigBytes / 2 {
                bytes += try wire.read(1000)
                _ = await eventually(within: 0.02) { false }
            }
            bytes += try wire.read(ServedHub.bigBytes - bytes.count)
            #expect(ServedHub.isBig(bytes))
        }
    }

    @Test func `A page's body that comes slowly is waited for as long as it comes`() async throws {
        let limits = HubEndpoint.Limits(bodyTimeout: .milliseconds(1500))
        try await ServedHub.run(limits: limits) { hub in
            let wire = try hub.connect()
            try wire.send("POST /echo HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 40\r\n\r\n")
            for _ in 1...40 {
                try wire.send("x")
                _ = await eventually(within: 0.1) { false }
            }
            #expect(try wire.readResponse().text == String(repeating: "x", count: 40))
        }
    }
}
