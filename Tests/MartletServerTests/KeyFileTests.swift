import Testing

@testable import MartletServer

@Suite struct KeyFileTests {
    @Test(arguments: [
        ["https://issuer.example/jwks"],
        ["https://issuer.example/jwks", "https://issuer.example/keys"],
        ["https://issuer.example/jwks", "https://elsewhere.example/keys"],
        ["http://127.0.0.1:8080/jwks", "http://127.0.0.1:8080/keys"],
        ["http://127.0.0.1:8080/jwks", "https://issuer.example/keys"],
        ["HTTPS://issuer.example/jwks", "https://issuer.example/keys"],
        [],
    ])
    func `a key set may be sent for to where nobody on the way can answer`(_ places: [String]) throws {
        try KeyFile.check(places)
    }

    @Test(arguments: [
        ["https://issuer.example/jwks", "http://issuer.example/keys"],
        ["https://issuer.example/jwks", "http://issuer.example/keys", "https://issuer.example/keys"],
        ["https://issuer.example/jwks", "http://elsewhere.example/", "https://evil.example/"],
        ["http://127.0.0.1:8080/jwks", "http://elsewhere.example/keys"],
        ["http://127.0.0.1:8080/jwks", "https://issuer.example/", "http://127.0.0.1:8080/jwks"],
        ["https://issuer.example/jwks", "ftp://issuer.example/"],
        ["https://issuer.example/jwks", "http://[", "https://issuer.example/keys"],
    ])
    func `and over plain HTTP only on this machine, however it is led there`(_ places: [String]) {
        #expect(throws: AccessError.self) { try KeyFile.check(places) }
    }
}
