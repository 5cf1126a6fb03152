import HTTPTypes
import Testing

@testable import MartletServer

@Suite("Whether a stream may be compressed")
struct AcceptEncodingTests {
    private static func accepts(_ values: String...) -> Bool {
        var fields = HTTPFields()
        for value in values { fields.append(HTTPField(name: .acceptEncoding, value: value)) }
        return fields.acceptsGzip
    }

    @Test(arguments: [
        "gzip", "x-gzip", "GZip", " gzip ", "gzip, deflate, br, zstd", "deflate,gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1",
        "*", "*;q=0.001", "identity, *", "gzip;q=1", "gzip;q=1.000", "gzip;q=0.001", "gzip; q=0.5", "gzip ;\tq=0.5",
        "gzip;Q=1", "gzip;q=1.", "identity;q=0.5, gzip;q=0.5", "identity;q=0, gzip;q=0.1", ",, ,gzip,",
        "br;q=bad, gzip",
        "*;q=0, gzip", "gzip;q=0.5, identity;q=0.4", "nonsense;;;=, gzip",
    ])
    func `It is taken by who says so`(_ value: String) {
        #expect(Self.accepts(value))
    }

    @Test(arguments: [
        "", " ", ",", "identity", "br", "deflate, br, zstd", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "gzip; q=0 ",
        "*;q=0", "gzip;q=0, *", "*, gzip;q=0", "x-gzip;q=0, *;q=1", "gzip, gzip;q=0", "gzip;q=0, gzip",
        "identity;q=1, gzip;q=0.5", "identity, *;q=0.5",
        // What is no weight is none.
        "gzip;q=", "gzip;q", "gzip;", "gzip;;q=1", "gzip;q=1.5", "gzip;q=1.001", "gzip;q=2", "gzip;q=-1", "gzip;q=+1",
        "gzip;q=0.0001", "gzip;q=1.0000", "gzip;q=.5", "gzip;q=0,5", "gzip;q=1e0", "gzip;q=\u{661}", "gzip;q=\"1\"",
        "gzip;q=1;q=0", "gzip;q=1;x=1", "gzip;x=1", "gzip q=1", "gzip;q = 1", "gzip=1",
        // What is no name of it is none.
        "gzipp", "gzi", "xgzip", "g zip", "gzip\u{301}", "\u{FF47}zip", "gz\u{131}p", "\"gzip\"", "gzip/1", "**",
        "*gzip",
    ])
    func `It is not taken by who doesn't`(_ value: String) {
        #expect(!Self.accepts(value))
    }

    @Test func `Without the field it is not taken`() {
        #expect(!HTTPFields().acceptsGzip)
    }

    @Test func `Fields of the same name are one list`() {
        #expect(Self.accepts("br", "gzip;q=0.5"))
        #expect(!Self.accepts("gzip", "br", "gzip;q=0"))
    }

    @Test func `A long field costs in proportion to its length`() {
        #expect(Self.accepts(String(repeating: "a;q=0.1,", count: 100_000) + "gzip"))
        #expect(!Self.accepts(String(repeating: ";", count: 1_000_000)))
        #expect(!Self.accepts("gzip;q=" + String(repeating: "0", count: 1_000_000)))
    }
}
