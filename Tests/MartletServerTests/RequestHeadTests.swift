import Martlet
import Testing

@testable import MartletServer

@Suite("Heads that the parser lets pass and must not be", .timeLimit(.minutes(2)))
struct RequestHeadTests {
    private static let noHost = "The request has no Host header field.\n"
    private static let twoHosts = "The request has more than one Host header field.\n"
    private static let noCoding = "The Transfer-Encoding header field is empty.\n"

    static let refused: [(request: String, sentence: String)] = [
        ("GET /topics/a HTTP/1.1\r\n\r\n", noHost),
        ("POST /topics/a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", noHost),
        ("GET /healthz HTTP/1.1\r\n\r\n", noHost),
        ("GET http://localhost/topics/a HTTP/1.1\r\n\r\n", noHost),
        ("GET /topics/a HTTP/1.1\r\nX-Host: localhost\r\n\r\n", noHost),
        ("GET /topics/a HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", twoHosts),
        ("GET /topics/a HTTP/1.1\r\nHost: localhost\r\nhost: evil.com\r\n\r\n", twoHosts),
        ("GET /topics/a HTTP/1.1\r\nHost: evil.com\r\nHOST: localhost\r\n\r\n", twoHosts),
        ("GET /topics/a HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n", twoHosts),
        (
            "POST /healthz HTTP/1.1\r\nHost: localhost\r\nX: y\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx",
            twoHosts
        ),
        ("POST /topics/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n\r\n1\r\nx\r\n0\r\n\r\n", noCoding),
        ("POST /topics/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \t \r\n\r\n1\r\nx\r\n0\r\n\r\n", noCoding),
        ("GET /topics/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \r\n\r\n", noCoding),
    ]

    @Test(arguments: refused)
    func `The request is refused with 400, and what follows it is not served`(
        _ request: String,
        _ sentence: String
    ) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(request + "POST /topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
            let response = try wire.readResponse()
            #expect(response.status == 400)
            #expect(response.text == sentence)
            #expect(response["Connection"] == "close")
            wire.endOutput()
            #expect(try wire.readToEnd().isEmpty)
            #expect(try await hub.hub.lastEventID(grants: [.everything]) == "earliest")
        }
    }

    @Test func `HTTP 1.0 knows no hosts`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("POST /topics/a HTTP/1.0\r\nContent-Length: 1\r\n\r\nx")
            #expect(try wire.readResponse().text == "test-1")
        }
    }

    @Test func `A good request before a bad one is served`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(RequestSequenceTests.publish("1") + "GET /healthz HTTP/1.1\r\n\r\n")
            #expect(try wire.readResponse().text == "test-1")
            #expect(try wire.readResponse().text == Self.noHost)
            #expect(wire.ends())
        }
    }

    // MARK: A hub without keys

    static let foreign: [(line: String, fields: String)] = [
        ("GET /topics/a", "Host: localhost.evil.com\r\n"),
        ("HEAD /topics/a", "Host: evil.com:8080\r\n"),
        ("POST /topics/a", "Host: 127.0.0.1.evil.com\r\nContent-Length: 1\r\n"),
        ("GET /healthz", "Host: evil.com\r\n"),
        ("GET /nothing", "Host: evil.com\r\n"),
        ("OPTIONS /topics/a", "Host: evil.com\r\n"),
        ("GET /topics/a", "Host:\r\n"),
        ("GET /topics/a", "Host: localhost\r\nOrigin: https://evil.com\r\n"),
        ("GET /topics/a", "Host: localhost\r\nOrigin: null\r\n"),
        ("POST /topics/a", "Host: localhost\r\nOrigin: http://localhost.evil.com\r\nContent-Length: 1\r\n"),
        ("POST /topics/a", "Host: localhost\r\nOrigin: null\r\nContent-Length: 1\r\n"),
        ("GET /healthz", "Host: localhost\r\nOrigin: https://evil.com\r\n"),
        ("GET /topics/a", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"),
        (
            "POST /topics/a",
            "Host: localhost\r\nOrigin: null\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"
                + "Content-Length: 1\r\n"
        ),
    ]

    @Test(arguments: foreign)
    func `What a page from elsewhere has a browser send is refused, whatever it asks for`(
        _ line: String,
        _ fields: String
    ) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("\(line) HTTP/1.1\r\n\(fields)\r\nx")
            let response = try wire.readResponse(to: line.hasPrefix("HEAD") ? "HEAD" : "GET")
            #expect(response.status == 403)
            #expect(response["Access-Control-Allow-Origin"] == nil)
            #expect(wire.ends())
            #expect(hub.endpoint.refusals.all.first { $0.reason == .forbidden }?.count == 1)
            #expect(try await hub.hub.lastEventID(grants: [.everything]) == "earliest")
        }
    }

    @Test(arguments: [
        "Host: [::1]:8080\r\n", "Host: LOCALHOST\r\n", "Host: localhost\r\nOrigin: http://127.0.0.1:3000\r\n",
    ])
    func `What comes from this machine is served`(_ fields: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("POST /topics/a HTTP/1.1\r\n\(fields)Content-Length: 1\r\n\r\nx")
            #expect(try wire.readResponse().text == "test-1")
        }
    }

    @Test func `A hub with keys serves whatever its host is called, and pages from everywhere`() async throws {
        let access = try await Access.keyed(anonymous: true)
        try await ServedHub.run(access: access) { hub in
            let wire = try hub.connect()
            try wire.send("HEAD /topics/a HTTP/1.1\r\nHost: hub.example.com\r\nOrigin: https://evil.example\r\n\r\n")
            #expect(try wire.readResponse(to: "HEAD").status == 200)
            try wire.send("GET /healthz HTTP/1.1\r\nHost: 10.0.0.1\r\nSec-Fetch-Site: cross-site\r\n\r\n")
            #expect(try wire.readResponse().status == 200)
        }
    }
}
