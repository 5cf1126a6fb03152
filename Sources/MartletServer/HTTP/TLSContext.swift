import NIOCore
import NIOHTTP2
import NIOSSL
import Synchronization

/// The certificate and key that a listener shows, read from PEM files, and read again when they have been renewed.
///
/// A connection keeps what it began with, so reading them again ends no stream.
///
/// ```swift
/// let tls = try TLSContext(certificate: "cert.pem", key: "key.pem")
/// let app = Application(router: router, server: .hub(endpoint, tls: tls))
/// ```
public final class TLSContext: Sendable {
    private let certificate: String
    private let key: String
    private let context: Mutex<NIOSSLContext>

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - certificate: the path of a PEM file: the server's certificate, then those of its issuers.
    ///   - key: the path of the PEM file of its private key.
    /// - Throws: ``TLSError``, naming the file.
    public init(certificate: String, key: String) throws(TLSError) {
        self.certificate = certificate
        self.key = key
        self.context = Mutex(try Self.read(certificate: certificate, key: key))
    }

    /// Reads the files again, for connections from now on; what was read before stays in use if they are bad.
    ///
    /// - Throws: ``TLSError``, naming the file.
    public func reload() throws(TLSError) {
        let context = try Self.read(certificate: self.certificate, key: self.key)
        self.context.withLock { $0 = context }
    }

    var current: NIOSSLContext { self.context.withLock { $0 } }

    private static func read(certificate: String, key: String) throws(TLSError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw TLSError("tls.certificate: \(certificate) cannot be read as a certificate in PEM form (\(error)).")
        }
        guard !chain.isEmpty else { throw TLSError("tls.certificate: there is no certificate in \(certificate).") }
        let privateKey: NIOSSLPrivateKey
        do {
            privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
        } catch {
            throw TLSError(
                "tls.key: \(key) cannot be read as a private key in PEM form without a passphrase (\(error))."
            )
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        // Older ones are broken (RFC 8996).
        configuration.minimumTLSVersion = .tlsv12
        // How long a peer that doesn't answer the end of TLS keeps its connection.
        configuration.shutdownTimeout = .seconds(1)
        configuration.applicationProtocols = NIOHTTP2SupportedALPNProtocols
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSError("The key in \(key) does not belong to the certificate in \(certificate) (\(error)).")
        }
    }
}
