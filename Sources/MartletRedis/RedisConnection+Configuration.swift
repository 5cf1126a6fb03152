extension RedisConnection {
    /// Where to connect to, and how patient to be.
    package struct Configuration: Sendable {
        /// Whom TLS trusts.
        package struct TLS: Sendable {
            /// Whether the server's certificate has to be valid, and the server's own. Without it, anybody in between can
            /// read and change everything.
            package var verifiesCertificate = true
            /// A PEM file of the authorities to trust in place of the system's.
            package var authorityFile: String?
            /// The name that the certificate has to have, if it is not the host's.
            package var serverName: String?

            package init() {}
        }

        /// The server.
        package var url: RedisURL
        /// Used if the URL says TLS.
        package var tls = TLS()
        /// What `CLIENT LIST` shows for the connection; `nil` for nothing. Without spaces.
        package var clientName: String? = "martlet"
        /// How long it may take until the connection can be used, with TLS and authentication.
        package var connectTimeout = Duration.seconds(5)
        /// How long the server may take for a reply, counted from the one before it; `nil` for as long as it likes.
        package var responseTimeout: Duration? = .seconds(10)
        /// How much is taken from the server.
        package var limits = RESPDecoder.Limits()

        /// Who is told of changes to the keys that the connection has read; `nil` for nobody.
        package var tracking: RedisTracking?

        package init(url: RedisURL) {
            self.url = url
        }
    }

    /// How long a command may wait for its reply. The connection is closed if it takes longer.
    package enum ResponseTimeout: Sendable, Hashable {
        /// ``Configuration/responseTimeout``.
        case standard
        /// Forever: for commands that block, like `BRPOP`.
        case none
        /// This long.
        case after(Duration)
    }
}
