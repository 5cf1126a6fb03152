import Foundation
import Martlet

/// What `martlet token` is asked for, as far as it needs to know what a hub does.
package enum TokenRequest {
    /// What is wrong with a selector, if anything.
    package static func problem(ofSelector text: String) -> String? {
        do throws(UpdateError) {
            _ = try Selector(text)
            return nil
        } catch {
            return "\(text.quoted) is no selector: \(error.message)"
        }
    }

    /// Reads a duration as the configuration writes it: its seconds, at least one.
    package static func duration(_ text: String) -> Double? {
        guard let duration = Duration(configured: text), duration >= .seconds(1) else { return nil }
        return Double(duration.components.seconds)
    }

    /// The text of a key file.
    package static func read(_ path: String) throws(TokenKeyError) -> String {
        do {
            return try KeyFile.text(at: path)
        } catch {
            throw TokenKeyError("\(path) cannot be read: \(error.localizedDescription)")
        }
    }

    /// The key that a configuration has for the roles a token is for.
    package static func configuredKey(
        file: String?,
        publishes: Bool,
        subscribes: Bool
    ) throws(TokenKeyError) -> (text: String, algorithm: TokenAlgorithm) {
        let configuration: Configuration
        do throws(ConfigurationError) {
            configuration = try Configuration.load(
                file: file,
                environment: ProcessInfo.processInfo.environment
            ).configuration
        } catch {
            throw TokenKeyError(error.description)
        }
        let auth = configuration.auth
        if publishes, subscribes, auth.publish != auth.subscribe {
            throw TokenKeyError(
                "Publishers and subscribers have different keys in the configuration: make a token for each, or give --key."
            )
        }
        switch publishes ? auth.publish : auth.subscribe {
        case .text(let secret, let algorithm): return (secret.text, algorithm)
        case .file(let path, let algorithm): return (try self.read(path), algorithm)
        case .jwks:
            throw TokenKeyError("The configuration has a set of public keys, and those can't sign: give --key-file.")
        case nil:
            let name = publishes ? "auth.publish" : "auth.subscribe"
            throw TokenKeyError("There is no key: give --key or --key-file, or set \(name) in the configuration.")
        }
    }
}
