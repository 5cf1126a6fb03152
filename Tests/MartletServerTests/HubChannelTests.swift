import NIOCore
import NIOEmbedded
import NIOSSL
import Testing

@testable import MartletServer

@Suite struct HubChannelTests {
    /// As `.tls(.hub(endpoint), …)` of HummingbirdTLS does, which knows nothing of the hub's own TLS.
    @Test func `TLS that somebody else has put into the pipeline is not written past`() throws {
        let plain = EmbeddedChannel()
        #expect(!HubChannel.isBehindTLS(plain))
        let secure = EmbeddedChannel()
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        try secure.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
        #expect(HubChannel.isBehindTLS(secure))
    }
}
