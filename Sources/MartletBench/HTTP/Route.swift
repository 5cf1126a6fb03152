import NIOCore
import NIOPosix
package import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How connections to the server are made: to which address, from which, and with TLS or without.
package struct Route: Sendable {
    let address: SocketAddress
    /// Addresses to connect from, in turn; empty lets the system choose.
    let sources: [SocketAddress]
    private let tls: NIOSSLContext?
    private let serverName: String?

    /// Resolves the host, which may block.
    ///
    /// - Parameters:
    ///   - connections: how many there will be at once.
    ///   - authorities: certificates to trust beside the system's.
    /// - Throws: ``BenchError`` if the host has no address, or there are not as many ports.
    package init(
        to url: HubURL,
        connections: Int,
        authorities: [NIOSSLCertificate] = []
    ) throws(BenchError) {
        do {
            self.address = try SocketAddress.makeAddressResolvingHost(url.host, port: url.port)
        } catch {
            throw BenchError(.unreachable, "The host \(url.host) has no address.")
        }
        self.sources = try SourceAddresses.choose(for: connections, to: self.address)
        self.serverName = Self.isAddress(url.host) ? nil : url.host
        guard url.isSecure else {
            self.tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        if !authorities.isEmpty { configuration.additionalTrustRoots = [.certificates(authorities)] }
        do {
            self.tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw BenchError(.system, "TLS can't be set up: \(error).")
        }
    }

    /// Connects, with the handler at the end of the pipeline.
    ///
    /// - Parameter receive: the size of what is read at once; nil adapts it.
    func connect(
        number: Int,
        on eventLoop: any EventLoop,
        timeout: TimeAmount,
        receive: Int? = nil,
        handler: @escaping @Sendable () -> some ChannelInboundHandler
    ) -> EventLoopFuture<any Channel> {
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls = self.tls {
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: self.serverName))
                    }
                    try pipeline.addHandler(handler())
                }
            }
        if let receive {
            let allocator = FixedSizeRecvByteBufferAllocator(capacity: receive)
            bootstrap = bootstrap.channelOption(.recvAllocator, value: allocator)
        }
        if !self.sources.isEmpty { bootstrap = bootstrap.bind(to: self.sources[number % self.sources.count]) }
        return bootstrap.connect(to: self.address)
    }

    /// Why a connection could not be made.
    func failure(_ error: any Error, opened: Int) -> BenchError {
        let opened = opened == 0 ? "" : " (\(opened) connections were made)"
        if let error = error as? IOError, error.errnoCode == EADDRNOTAVAIL {
            return BenchError(.tooFewPorts, "There are no ports left for outgoing connections\(opened).")
        }
        if let error = error as? IOError, error.errnoCode == EMFILE || error.errnoCode == ENFILE {
            return BenchError(.tooFewDescriptors, "There are no file descriptors left\(opened).")
        }
        return BenchError(.unreachable, "Can't connect to \(self.address): \(Self.reason(error))\(opened).")
    }

    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
        case is ChannelError: "no answer in time"
        default: "\(error)"
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }
}
