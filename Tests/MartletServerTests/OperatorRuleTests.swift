import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import MartletServer

@Suite struct OperatorRuleTests {
    private static let token = "operators-only-0123456789"
    private static let basic = "Basic " + Data("anybody:\(token)".utf8).base64EncodedString()

    /// What a request with these headers is answered; nil if it may come in.
    private func status(_ fields: [(String, String)], token: String?) throws -> Int? {
        let rule = OperatorRule(token: token.map(Secret.init))
        var request = HTTPRequest(method: .get, scheme: "http", authority: "hub.example:8081", path: "/metrics")
        for (name, value) in fields {
            request.headerFields.append(HTTPField(name: try #require(.init(name)), value: value))
        }
        do throws(RequestError) {
            try rule.check(request, from: try? SocketAddress(ipAddress: "192.0.2.7", port: 5000))
            return nil
        } catch {
            return error.status.code
        }
    }

    @Test(
        "With a token whoever brings it comes in, from anywhere",
        arguments: [
            ([("Authorization", "Bearer \(token)")], nil), ([("Authorization", "bearer \(token)")], nil),
            ([("Authorization", basic)], nil), ([], 401), ([("Authorization", "Bearer")], 401),
            ([("Authorization", "Bearer \(token)x")], 401), ([("Authorization", "Bearer \(token.dropLast())")], 401),
            ([("Authorization", token)], 401), ([("Authorization", "Basic !!!")], 401),
            ([("Authorization", "Basic " + Data(token.utf8).base64EncodedString())], 401),
            ([("Authorization", "Bearer \(token)"), ("Authorization", "Bearer \(token)")], 401),
            ([("Cookie", "mercureAuthorization=\(token)")], 401),
            ([("Authorization", basic), ("Origin", "http://hub.example:8081")], nil),
            ([("Authorization", basic), ("Origin", "https://hub.example:8081")], nil),
            ([("Authorization", basic), ("Origin", "http://evil.example")], 403),
            ([("Authorization", basic), ("Origin", "http://evilhub.example:8081")], 403),
            ([("Authorization", basic), ("Origin", "http://hub.example:8081@evil.example")], 403),
            ([("Authorization", basic), ("Origin", "null")], 403),
            ([("Authorization", basic), ("Sec-Fetch-Site", "cross-site")], 403),
            ([("Authorization", basic), ("Sec-Fetch-Site", "same-site")], 403),
            ([("Authorization", basic), ("Sec-Fetch-Site", "same-origin")], nil),
            ([("Authorization", basic), ("Sec-Fetch-Site", "none")], nil),
        ] as [([(String, String)], Int?)]
    )
    func withToken(fields: [(String, String)], status: Int?) throws {
        #expect(try self.status(fields, token: Self.token) == status)
    }

    @Test func `without a token only this machine comes in, whatever is brought`() throws {
        #expect(try self.status([], token: nil) == 403)
        #expect(try self.status([("Authorization", "Bearer \(Self.token)")], token: nil) == 403)
        var request = HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1:8081", path: "/")
        try OperatorRule(token: nil).check(request, from: SocketAddress(ipAddress: "127.0.0.1", port: 5000))
        request.headerFields[.origin] = "http://evil.example"
        #expect(throws: RequestError.self) {
            try OperatorRule(token: nil).check(request, from: SocketAddress(ipAddress: "127.0.0.1", port: 5000))
        }
    }
}
