/// Says why a certificate or its key can't be used, in a sentence for the operator.
///
/// ```swift
/// do {
///     _ = try TLSContext(certificate: "cert.pem", key: "key.pem")
/// } catch {
///     print(error)  // tls.certificate: cert.pem cannot be read as a certificate in PEM form (…).
/// }
/// ```
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with which file.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
