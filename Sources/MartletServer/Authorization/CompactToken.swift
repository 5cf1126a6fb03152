/// A token taken apart: a JWS in compact form (RFC 7515 §7.1) whose signature nobody has looked at yet.
struct CompactToken {
    /// How long a token may be, in bytes.
    static let maximumSize = 16 * 1024

    /// `alg`: what the token says it is signed with.
    let algorithm: String
    /// `kid`: what the token says the key is called.
    let keyID: String?
    /// What the signature is of: the first two parts, as they were sent.
    let signed: [UInt8]
    let signature: [UInt8]
    private let payload: [UInt8]

    init(_ token: String) throws(TokenError) {
        guard token.utf8.count <= Self.maximumSize else {
            throw TokenError(.malformed, "The token is longer than \(Self.maximumSize) bytes.")
        }
        let text = Array(token.utf8)
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else {
            throw TokenError(.malformed, "A token is three parts with dots between them: header, claims and signature.")
        }
        let header = try Self.object(in: Self.bytes(of: parts[0], "header"), "header")
        self.payload = try Self.bytes(of: parts[1], "claims")
        self.signature = try Self.bytes(of: parts[2], "signature")
        self.signed = Array(text[..<parts[1].endIndex])

        // RFC 7515 §4.1.11: an extension that must be understood, and there is none that is.
        guard !header.contains(where: { $0.name == "crit" }) else {
            throw TokenError(.malformed, "The token's header has \"crit\", an extension that is not understood here.")
        }
        guard let algorithm = header["alg"]?.string else {
            throw TokenError(.malformed, "The token's header must say in \"alg\" how it is signed.")
        }
        self.algorithm = algorithm
        guard let keyID = header["kid"] else {
            self.keyID = nil
            return
        }
        guard case .string(let keyID) = keyID else {
            throw TokenError(.malformed, "The \"kid\" in the token's header must be a string.")
        }
        self.keyID = keyID
    }

    /// The claims set. Only to be asked for once the signature is known to be good.
    func claims() throws(TokenError) -> [JSONValue.Member] {
        try Self.object(in: self.payload, "claims")
    }

    private static func bytes(of part: ArraySlice<UInt8>, _ name: String) throws(TokenError) -> [UInt8] {
        guard let bytes = Base64URL.decoded(part) else {
            throw TokenError(.malformed, "The token's \(name) must be base64url without padding.")
        }
        return bytes
    }

    private static func object(in bytes: [UInt8], _ name: String) throws(TokenError) -> [JSONValue.Member] {
        let value: JSONValue
        do {
            value = try JSONReader.read(bytes)
        } catch {
            throw TokenError(.malformed, "The token's \(name) can't be read. \(error.message)")
        }
        guard case .object(let members) = value else {
            throw TokenError(.malformed, "The token's \(name) must be a JSON object.")
        }
        return members
    }
}
