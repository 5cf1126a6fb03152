extension Configuration {
    /// The files that let the main listener speak TLS.
    ///
    /// ```swift
    /// let tls = Configuration.TLS(certificate: "cert.pem", key: "key.pem")
    /// ```
    public struct TLS: Sendable, Equatable {
        /// The path of the certificates in PEM, the server's own first.
        public var certificate: String
        /// The path of the certificate's private key in PEM.
        public var key: String

        /// TLS with the files at these paths.
        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }

        /// `nil` if there is no TLS, or not all of it, which is reported.
        static func read(_ section: Section) -> TLS? {
            let problems = section.reading.problems.count
            let certificate = section.setting("certificate", as: .path)
            let key = section.setting("key", as: .path)
            // One that is there and bad was reported as that.
            guard section.reading.problems.count == problems else { return nil }
            if section.isGiven || certificate != nil || key != nil {
                let expected = "required: \(ValueFormat.path.expectation)"
                let beside = section.location == nil ? (certificate?.origin ?? key?.origin) : nil
                if certificate == nil { section.report(.missingKey, expected, key: "certificate", at: beside) }
                if key == nil { section.report(.missingKey, expected, key: "key", at: beside) }
            }
            guard let certificate, let key else { return nil }
            return TLS(
                certificate: certificate.origin.resolve(path: certificate.value),
                key: key.origin.resolve(path: key.value)
            )
        }
    }
}
