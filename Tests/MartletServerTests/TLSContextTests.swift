import Foundation
import Testing

@testable import MartletServer

@Suite("Certificate and key of a listener")
struct TLSContextTests {
    /// A folder with `cert.pem` and `key.pem`.
    private static func folder(
        certificate: String? = TokenSamples.p256Certificate,
        key: String? = TokenSamples.p256Private
    ) throws -> ConfigurationFolder {
        let folder = try ConfigurationFolder()
        if let certificate { try Data(certificate.utf8).write(to: Self.certificate(folder)) }
        if let key { try Data(key.utf8).write(to: Self.key(folder)) }
        return folder
    }

    private static func certificate(_ folder: ConfigurationFolder) -> URL {
        URL(fileURLWithPath: "\(folder.path)/cert.pem")
    }

    private static func key(_ folder: ConfigurationFolder) -> URL {
        URL(fileURLWithPath: "\(folder.path)/key.pem")
    }

    private static func context(_ folder: ConfigurationFolder) throws(TLSError) -> TLSContext {
        try TLSContext(certificate: Self.certificate(folder).path, key: Self.key(folder).path)
    }

    static let pairs: [(certificate: String, key: String)] = [
        (TokenSamples.p256Certificate, TokenSamples.p256Private),
        (TokenSamples.p256Certificate, TokenSamples.p256PrivateSEC1),
        (TokenSamples.rsaCertificate, TokenSamples.rsaPrivate),
        (TokenSamples.rsaCertificate, TokenSamples.rsaPrivatePKCS1),
        // With the certificate of its issuer behind it.
        (TokenSamples.p256Certificate + "\n" + TokenSamples.rsaCertificate + "\n", TokenSamples.p256Private),
    ]

    @Test(arguments: pairs)
    func `A certificate and its key are read`(_ certificate: String, _ key: String) throws {
        let folder = try Self.folder(certificate: certificate, key: key)
        _ = try Self.context(folder)
    }

    /// What is wrong, and how the error begins, with the folder left out.
    static let refused: [(certificate: String?, key: String?, message: String)] = [
        (nil, TokenSamples.p256Private, "tls.certificate: cert.pem cannot be read as a certificate in PEM form ("),
        ("", TokenSamples.p256Private, "tls.certificate: "),
        ("rubbish", TokenSamples.p256Private, "tls.certificate: "),
        (TokenSamples.p256Private, TokenSamples.p256Private, "tls.certificate: "),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", TokenSamples.p256Private,
            "tls.certificate: cert.pem cannot be read as a certificate in PEM form ("
        ),
        (
            TokenSamples.p256Certificate, nil,
            "tls.key: key.pem cannot be read as a private key in PEM form without a passphrase ("
        ),
        (TokenSamples.p256Certificate, "", "tls.key: key.pem cannot be read as a private key"),
        (TokenSamples.p256Certificate, "rubbish", "tls.key: key.pem cannot be read as a private key"),
        (TokenSamples.p256Certificate, TokenSamples.p256Public, "tls.key: key.pem cannot be read as a private key"),
        (
            TokenSamples.p256Certificate, TokenSamples.ed25519Encrypted,
            "tls.key: key.pem cannot be read as a private key in PEM form without a passphrase ("
        ),
        (
            TokenSamples.p256Certificate, TokenSamples.rsaPrivate,
            "The key in key.pem does not belong to the certificate in cert.pem ("
        ),
        (
            TokenSamples.p256Certificate, TokenSamples.p256OpenSSL,
            "The key in key.pem does not belong to the certificate in cert.pem ("
        ),
    ]

    @Test(arguments: refused)
    func `The error names the file`(_ certificate: String?, _ key: String?, _ message: String) throws {
        let folder = try Self.folder(certificate: certificate, key: key)
        let error = #expect(throws: TLSError.self) { try Self.context(folder) }
        let description = error?.description ?? ""
        #expect(description.contains(folder.path))
        #expect(description.replacing("\(folder.path)/", with: "").hasPrefix(message))
        #expect(description.hasSuffix("."))
        #expect(!description.contains("PRIVATE KEY"))
    }

    @Test func `Renewed files are taken by reloading, and not before`() throws {
        let folder = try Self.folder()
        let context = try Self.context(folder)
        let first = context.current
        try Data(TokenSamples.rsaCertificate.utf8).write(to: Self.certificate(folder))
        try Data(TokenSamples.rsaPrivate.utf8).write(to: Self.key(folder))
        #expect(context.current === first)
        try context.reload()
        #expect(context.current !== first)
    }

    @Test(arguments: refused)
    func `When the new files are bad, the old ones stay in use`(
        _ certificate: String?,
        _ key: String?,
        _ message: String
    ) throws {
        let folder = try Self.folder()
        let context = try Self.context(folder)
        let first = context.current
        for (text, url) in [(certificate, Self.certificate(folder)), (key, Self.key(folder))] {
            if let text { try Data(text.utf8).write(to: url) } else { try FileManager.default.removeItem(at: url) }
        }
        let error = #expect(throws: TLSError.self) { try context.reload() }
        #expect(error?.description.replacing("\(folder.path)/", with: "").hasPrefix(message) == true)
        #expect(context.current === first)
        // And once they are good again, they are taken.
        try Data(TokenSamples.p256Certificate.utf8).write(to: Self.certificate(folder))
        try Data(TokenSamples.p256Private.utf8).write(to: Self.key(folder))
        try context.reload()
        #expect(context.current !== first)
    }
}
