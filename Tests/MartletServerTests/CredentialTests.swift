import HTTPTypes
import Testing

@testable import MartletServer

@Suite("Where a request's token is looked for")
struct CredentialTests {
    struct Case: CustomTestStringConvertible {
        var fields: HTTPFields
        var query: String
        var expected: Credential?
        var testDescription: String { "\(self.fields) ?\(self.query)" }

        init(_ fields: HTTPFields = [:], query: String = "", _ expected: Credential? = nil) {
            self.fields = fields
            self.query = query
            self.expected = expected
        }
    }

    static let found: [Case] = [
        Case(),
        Case([.authorization: "Bearer abc"], .bearer("abc")),
        Case([.authorization: "bearer abc"], .bearer("abc")),
        Case([.authorization: "BEARER   a.b-c_d=="], .bearer("a.b-c_d==")),
        Case(query: "authorization=abc", .parameter("abc")),
        Case(query: "topic=a&authorization=a%2Eb&x", .parameter("a.b")),
        Case(query: "authorization=&authorization=abc", .parameter("abc")),
        Case(query: "authorization=abc&authorization=def", .parameter("abc")),
        Case(query: "%61uthorization=abc", .parameter("abc")),
        // A query that can't be read is left to whoever answers the request.
        Case(query: "authorization=%"),
        Case(query: "authorization=%FF"),
        Case(query: "topic=%&authorization=abc"),
        Case(query: "authorization=abc&topic=%", .parameter("abc")),
        Case(query: "authorization="),
        Case(query: "authorization"),
        Case(query: "Authorization=abc"),
        Case(query: "xauthorization=abc"),
        Case(query: "topic=authorization"),
        Case([.cookie: "mercureAuthorization=abc"], .cookie("abc", page: nil)),
        Case([.cookie: "a=b; mercureAuthorization=abc; c=d"], .cookie("abc", page: nil)),
        Case([.cookie: "a=b;mercureAuthorization=abc;c"], .cookie("abc", page: nil)),
        Case([.cookie: "mercureAuthorization=a=b="], .cookie("a=b=", page: nil)),
        Case([.cookie: "a=b", .cookie: "mercureAuthorization=abc"], .cookie("abc", page: nil)),
        Case(
            [.cookie: "mercureAuthorization=; mercureAuthorization=abc"],
            .cookie("abc", page: nil)
        ),
        Case([.cookie: "mercureAuthorization="]),
        Case([.cookie: "mercureAuthorization"]),
        Case([.cookie: "mercureauthorization=abc"]),
        Case([.cookie: "x-mercureAuthorization=abc"]),
        Case([.cookie: "a=mercureAuthorization=abc"]),
        Case([.cookie: ""]),
        // The page that a cookie comes from.
        Case(
            [
                .cookie: "mercureAuthorization=abc", .origin: "https://a.example",
                HTTPField.Name("Referer")!: "https://b.example/x",
            ],
            .cookie("abc", page: "https://a.example")
        ),
        Case(
            [.cookie: "mercureAuthorization=abc", HTTPField.Name("Referer")!: "https://b.example/x?y"],
            .cookie("abc", page: "https://b.example/x?y")
        ),
        Case(
            [.cookie: "mercureAuthorization=abc", .origin: "null", HTTPField.Name("Referer")!: "https://b.example/x"],
            .cookie("abc", page: "null")
        ),
        // The order of the three.
        Case(
            [.authorization: "Bearer header", .cookie: "mercureAuthorization=cookie"],
            query: "authorization=parameter",
            .bearer("header")
        ),
        Case(
            [.cookie: "mercureAuthorization=cookie"],
            query: "authorization=parameter",
            .parameter("parameter")
        ),
        Case(
            [.cookie: "mercureAuthorization=cookie"],
            query: "authorization=",
            .cookie("cookie", page: nil)
        ),
    ]

    @Test(arguments: found)
    func `A token is found in the header, the parameter or the cookie, in this order`(_ sample: Case) throws {
        let credential = try Credential.find(in: sample.fields, query: sample.query)
        #expect(credential == sample.expected)
        #expect(credential?.token == sample.expected?.token)
    }

    static let refused: [(fields: HTTPFields, query: String)] = [
        ([.authorization: "Basic dTpw"], ""),
        ([.authorization: "abc"], ""),
        ([.authorization: ""], ""),
        ([.authorization: "Bearer"], ""),
        ([.authorization: "Bearer "], ""),
        ([.authorization: "Bearer  "], ""),
        ([.authorization: "Bearerabc"], ""),
        ([.authorization: "Bearer abc def"], ""),
        ([.authorization: "Bearer\tabc"], ""),
        ([.authorization: "Bearer abc", .authorization: "Bearer abc"], ""),
        ([.authorization: "Bearer abc", .authorization: "Basic dTpw"], ""),
        // What is in the header counts, whatever else there is.
        ([.authorization: "Basic dTpw", .cookie: "mercureAuthorization=abc"], "authorization=abc"),
    ]

    @Test(arguments: refused)
    func `An Authorization header that is not one bearer token is refused`(_ fields: HTTPFields, _ query: String) {
        let error = #expect(throws: RequestError.self) { try Credential.find(in: fields, query: query) }
        #expect(error?.status == .unauthorized)
    }
}
