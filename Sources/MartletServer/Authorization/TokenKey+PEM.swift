import Foundation
import JWTKit

extension TokenKey {
    /// What a PEM file is read for.
    enum Use {
        /// A public key, a private one (its public half is taken) or a certificate.
        case verifying
        /// A private key.
        case signing
    }

    /// A key from a PEM file.
    init(pem text: String, algorithm: TokenAlgorithm, for use: Use) async throws(TokenKeyError) {
        guard let block = PEMBlock.first(in: text) else {
            throw TokenKeyError("\(algorithm.rawValue) takes a key in PEM, and there is none in this one.")
        }
        guard !block.label.contains("ENCRYPTED"), !block.text.contains("Proc-Type: 4,ENCRYPTED") else {
            throw TokenKeyError("The key is encrypted. It must be a PEM file without a passphrase.")
        }
        let isPrivate = block.label.hasSuffix("PRIVATE KEY")
        guard use == .verifying || isPrivate else {
            throw TokenKeyError("Signing takes a private key, and this is a \(block.label.lowercased()).")
        }
        do {
            switch algorithm {
            case .hs256, .hs384, .hs512:
                throw TokenKeyError("\(algorithm.rawValue) takes a secret, not a PEM file.")
            case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
                try await self.init(rsa: block, algorithm: algorithm)
            case .es256: try await self.init(ecdsa: block, algorithm: algorithm, ES256PublicKey.self)
            case .es384: try await self.init(ecdsa: block, algorithm: algorithm, ES384PublicKey.self)
            case .es512: try await self.init(ecdsa: block, algorithm: algorithm, ES512PublicKey.self)
            case .edDSA: try await self.init(edDSA: block)
            }
        } catch let error as TokenKeyError {
            throw error
        } catch {
            // What went wrong inside says more about ASN.1 than about the file.
            throw TokenKeyError("The PEM (\(block.label.lowercased())) can't be read as \(algorithm.keyKind).")
        }
    }

    private init(rsa block: PEMBlock, algorithm: TokenAlgorithm) async throws {
        let pem = block.text
        switch block.label {
        case "CERTIFICATE":
            try await self.init(rsa: try Insecure.RSA.PublicKey(certificatePEM: pem), algorithm: algorithm)
        case "PRIVATE KEY", "RSA PRIVATE KEY":
            try await self.init(rsa: try Insecure.RSA.PrivateKey(pem: pem), algorithm: algorithm)
        default:
            try await self.init(rsa: try Insecure.RSA.PublicKey(pem: pem), algorithm: algorithm)
        }
    }

    init(rsa key: some RSAKey, algorithm: TokenAlgorithm, id: String? = nil) async throws {
        let digest = algorithm.digest
        try await self.init(algorithm, id: id) { keys in
            switch algorithm {
            case .ps256, .ps384, .ps512: keys.add(pss: key, digestAlgorithm: digest)
            default: keys.add(rsa: key, digestAlgorithm: digest)
            }
        }
    }

    private init<Curve: ECDSACurveType>(
        ecdsa block: PEMBlock,
        algorithm: TokenAlgorithm,
        _ kind: ECDSA.PublicKey<Curve>.Type
    ) async throws {
        let pem = block.text
        switch block.label {
        case "CERTIFICATE":
            let key = try ECDSA.PublicKey<Curve>(certificate: pem)
            try await self.init(algorithm) { keys in keys.add(ecdsa: key) }
        case "PRIVATE KEY", "EC PRIVATE KEY":
            let key = try ECDSA.PrivateKey<Curve>(pem: pem)
            try await self.init(algorithm) { keys in keys.add(ecdsa: key) }
        default:
            let key = try ECDSA.PublicKey<Curve>(pem: pem)
            try await self.init(algorithm) { keys in keys.add(ecdsa: key) }
        }
    }

    private init(edDSA block: PEMBlock) async throws {
        switch block.label {
        case "CERTIFICATE":
            throw TokenKeyError("EdDSA takes a public key in PEM, not a certificate.")
        case "PRIVATE KEY":
            let key = try EdDSA.PrivateKey(pem: block.text)
            try await self.init(.edDSA) { keys in keys.add(eddsa: key) }
        default:
            let key = try EdDSA.PublicKey(pem: block.text)
            try await self.init(.edDSA) { keys in keys.add(eddsa: key) }
        }
    }
}

extension TokenAlgorithm {
    /// What a PEM file must hold, for messages.
    fileprivate var keyKind: String {
        switch self {
        case .hs256, .hs384, .hs512: "a secret"
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
            "an RSA key of 2048 bits or more, as \(self.rawValue) takes"
        case .es256: "an EC key on P-256, as \(self.rawValue) takes"
        case .es384: "an EC key on P-384, as \(self.rawValue) takes"
        case .es512: "an EC key on P-521, as \(self.rawValue) takes"
        case .edDSA: "an Ed25519 key, as \(self.rawValue) takes"
        }
    }
}
