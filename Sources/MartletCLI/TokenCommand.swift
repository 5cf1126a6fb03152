import ArgumentParser
import Foundation
import MartletServer

/// `martlet token`: makes a token for a publisher or a subscriber.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token for a publisher or a subscriber.",
        discussion: """
            Prints a JSON Web Token with the claims of the Mercure protocol. Any Mercure hub with the same key takes it.

              martlet token --key-file publisher.key --publish '*'
              martlet token --key "$SUBSCRIBER_KEY" --subscribe 'users/42/{+rest}' --expires 1h
              martlet token --publish 'orders/{id}'

            A selector is a topic, a URI template such as users/{id}/notices, or * for everything. Without --key and
            --key-file the key is the one that the configuration (martlet.yaml, MARTLET_AUTH_…) has for publishers, or
            for subscribers, or both if they are the same. RS, PS, ES and EdDSA need a private key in PEM form.
            """
    )

    @Option(help: ArgumentHelp("The key: a secret, or a private key in PEM form.", valueName: "text"))
    var key: String?

    @Option(help: ArgumentHelp("A file that holds the key.", valueName: "file"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            "HS256 (the default), HS384, HS512, RS256, …, PS256, …, ES256, …, or EdDSA.",
            valueName: "name"
        )
    )
    var algorithm: String?

    @Option(help: ArgumentHelp("Allow publishing to these topics. May be given several times.", valueName: "selector"))
    var publish: [String] = []

    @Option(
        help: ArgumentHelp("Allow private updates of these topics. May be given several times.", valueName: "selector")
    )
    var subscribe: [String] = []

    @Option(help: ArgumentHelp("What the subscriptions API shows of the subscriber.", valueName: "json"))
    var payload: String?

    @Option(
        help: ArgumentHelp(
            "For how long it is valid, such as 90s, 30m, 1h or 7d (default: for ever).",
            valueName: "duration"
        )
    )
    var expires: String?

    @Option(help: ArgumentHelp("What the key is called in a key set (\"kid\").", valueName: "name"))
    var keyID: String?

    @Option(help: ArgumentHelp("The configuration (default: martlet.yaml, if there is one).", valueName: "file"))
    var config: String?

    mutating func validate() throws {
        if self.key != nil, self.keyFile != nil {
            throw ValidationError("--key and --key-file exclude each other.")
        }
        if self.key?.isEmpty == true {
            throw ValidationError("The key is empty; anybody could make such a token.")
        }
        if self.publish.isEmpty, self.subscribe.isEmpty, self.payload == nil {
            throw ValidationError("A token should allow something: --publish or --subscribe, with a selector.")
        }
        if let algorithm, TokenAlgorithm(rawValue: algorithm) == nil {
            let known = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(algorithm)' is no algorithm for tokens; there are \(known).")
        }
        for selector in self.publish + self.subscribe {
            if let problem = TokenRequest.problem(ofSelector: selector) { throw ValidationError(problem) }
        }
        if let expires, TokenRequest.duration(expires) == nil {
            throw ValidationError("--expires takes a duration like 90s, 30m, 1h or 7d; found '\(expires)'.")
        }
    }

    func run() async throws {
        do throws(TokenKeyError) {
            let (text, algorithm) = try self.signingKey()
            let expires = self.expires.flatMap(TokenRequest.duration)
            let claims = TokenClaims(
                publish: self.publish,
                subscribe: self.subscribe,
                payload: self.payload,
                expires: expires.map { Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + $0).rounded()) }
            )
            print(try await TokenSigner.sign(claims, algorithm: algorithm, key: text, keyID: self.keyID))
        } catch {
            StandardError.write(error.message)
            throw ExitCode.failure
        }
    }

    private func signingKey() throws(TokenKeyError) -> (text: String, algorithm: TokenAlgorithm) {
        let algorithm = self.algorithm.flatMap(TokenAlgorithm.init)
        if let key = self.key { return (key, algorithm ?? .hs256) }
        if let path = self.keyFile { return (try TokenRequest.read(path), algorithm ?? .hs256) }
        let found = try TokenRequest.configuredKey(
            file: self.config,
            publishes: !self.publish.isEmpty,
            subscribes: !self.subscribe.isEmpty || self.publish.isEmpty
        )
        return (found.text, algorithm ?? found.algorithm)
    }
}
