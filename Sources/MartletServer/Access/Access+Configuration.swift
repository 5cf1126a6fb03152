import Foundation
public import Logging

extension Access {
    /// Reads the keys that a configuration names.
    ///
    /// - Parameters:
    ///   - configuration: what to take them from.
    ///   - logger: told of secrets that can be guessed, and of key sets that can't be fetched.
    /// - Throws: ``AccessError`` if a key is none. A key set that can't be fetched yet is no reason: its tokens are refused
    ///   until it can.
    public init(_ configuration: Configuration, logger: Logger) async throws(AccessError) {
        let auth = configuration.auth
        self.init(
            publishers: try await Self.verifier(auth.publish, at: "auth.publish", logger),
            subscribers: try await Self.verifier(auth.subscribe, at: "auth.subscribe", logger),
            allowsAnonymous: auth.anonymous,
            publishOrigins: auth.publishOrigins,
            cors: CORSPolicy(
                origins: Set(configuration.cors.allowsAnyOrigin ? [] : configuration.cors.origins),
                allowsAnyOrigin: configuration.cors.allowsAnyOrigin
            ),
            trustedProxies: configuration.trustedProxies
        )
    }

    /// Fetches key sets again, of which a key may have been withdrawn. What fails is reported to the logger that the keys
    /// were read with.
    func refreshKeys() async {
        for verifier in [self.publishers, self.subscribers] { try? await verifier?.refresh() }
    }

    private static func verifier(
        _ key: Configuration.Auth.Key?,
        at name: String,
        _ logger: Logger
    ) async throws(AccessError) -> TokenVerifier? {
        do throws(TokenKeyError) {
            switch key {
            case nil: return nil
            case .text(let secret, let algorithm):
                return try await self.verifier(algorithm, secret.text, at: "\(name).key", logger)
            case .file(let path, let algorithm):
                let text: String
                do {
                    text = try KeyFile.text(at: path)
                } catch {
                    throw TokenKeyError("\(path) cannot be read: \(error.localizedDescription)")
                }
                return try await self.verifier(algorithm, text, at: "\(name).key-file", logger)
            case .jwks(let location, let algorithm):
                let verifier = TokenVerifier(
                    algorithm: algorithm,
                    report: { logger.warning("\(name).jwks: \($0.message)") },
                    fetch: { try await KeyFile.keySet(at: location) }
                )
                // Now rather than when the first token comes, so that the operator hears of a mistake: it is reported.
                try? await verifier.refresh()
                return verifier
            }
        } catch {
            throw AccessError(description: "\(name): \(error.message)")
        }
    }

    private static func verifier(
        _ algorithm: TokenAlgorithm,
        _ key: String,
        at name: String,
        _ logger: Logger
    ) async throws(TokenKeyError) -> TokenVerifier {
        let verifier = try await TokenVerifier(algorithm: algorithm, key: key)
        if let weakness = verifier.weakness { logger.warning("\(name): \(weakness)") }
        return verifier
    }
}
