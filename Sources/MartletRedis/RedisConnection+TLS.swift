import NIOCore
import NIOSSL

extension RedisConnection {
    /// What a TLS connection trusts; `nil` without TLS. Reads files, so it is not for an event loop.
    static func makeTLSContext(_ configuration: Configuration) throws(RedisError) -> NIOSSLContext? {
        guard configuration.url.isTLS else { return nil }
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.certificateVerification = configuration.tls.verifiesCertificate ? .fullVerification : .none
        if let file = configuration.tls.authorityFile { settings.trustRoots = .file(file) }
        do {
            return try NIOSSLContext(configuration: settings)
        } catch {
            let file = configuration.tls.authorityFile
            let source = file.map { "the authorities in \($0)" } ?? "the system's authorities"
            throw RedisError(.configuration, "\(source) can't be read: \(error)", server: configuration.url.description)
        }
    }

    static func makeTLSHandler(
        _ context: NIOSSLContext,
        _ configuration: Configuration
    ) throws -> NIOSSLClientHandler {
        var name = configuration.tls.serverName
        if name == nil, case .host(let host, _) = configuration.url.address, !self.isAddress(host) { name = host }
        // Without a name, the certificate has to have the address.
        return try NIOSSLClientHandler(context: context, serverHostname: name)
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }
}
