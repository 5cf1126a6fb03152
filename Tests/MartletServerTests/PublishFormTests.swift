import Martlet
import Testing

@testable import MartletServer

@Suite("Publishing a form", .timeLimit(.minutes(2)))
struct PublishFormTests {
    struct Case: CustomTestStringConvertible {
        var body: String
        var event: String
        var id = "test-1"
        var testDescription: String { String(self.body.prefix(80)) }

        init(_ body: String, _ event: String, id: String = "test-1") {
            self.body = body
            self.event = event
            self.id = id
        }
    }

    static let accepted: [Case] = [
        Case("topic=a&data=hello", "id: test-1\ndata: hello\n\n"),
        Case("topic=a&topic=b&topic=c&data=hello", "id: test-1\ndata: hello\n\n"),
        Case("data=hello&topic=a", "id: test-1\ndata: hello\n\n"),
        Case("topic=a", "id: test-1\ndata: \n\n"),
        Case("topic=a&data", "id: test-1\ndata: \n\n"),
        Case("topic=a&data=", "id: test-1\ndata: \n\n"),
        Case(
            "topic=a&data=v%0Dw%0Ax%0D%0Ay%0A%0Dz",
            "id: test-1\ndata: v\ndata: w\ndata: x\ndata: y\ndata: \ndata: z\n\n"
        ),
        Case("topic=a&data=x%0A", "id: test-1\ndata: x\ndata: \n\n"),
        Case("topic=a&data=%0D%0A", "id: test-1\ndata: \ndata: \n\n"),
        Case(
            "topic=a&data=id:+forged%0A%0Adata:+forged",
            "id: test-1\ndata: id: forged\ndata: \ndata: data: forged\n\n"
        ),
        Case("topic=a&data=1+2%2B3%26=%3D", "id: test-1\ndata: 1 2+3&==\n\n"),
        Case("topic=a&data=+x", "id: test-1\ndata:  x\n\n"),
        Case("topic=a&data=%e2%82%AC", "id: test-1\ndata: €\n\n"),
        Case("topic=a&data=€", "id: test-1\ndata: €\n\n"),
        Case("topic=a&data=%00", "id: test-1\ndata: \0\n\n"),
        Case("topic=a&data=1&data=2", "id: test-1\ndata: 2\n\n"),
        Case("&&topic=a&&&data=b&", "id: test-1\ndata: b\n\n"),
        Case("%74opic=a&d%61ta=b", "id: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&unknown=%00&=&x&Topic=%0A", "id: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&id=mine", "id: mine\ndata: b\n\n", id: "mine"),
        Case("topic=a&data=b&id=%C3%A9%20!", "id: é !\ndata: b\n\n", id: "é !"),
        Case("topic=a&data=b&id=other-1", "id: other-1\ndata: b\n\n", id: "other-1"),
        Case("topic=a&data=b&id=", "id: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&type=news", "event: news\nid: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&type=", "id: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&retry=1500", "retry: 1500\nid: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&retry=007", "retry: 7\nid: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&retry=9223372036854775807", "retry: 9223372036854775807\nid: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&retry=0", "id: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&retry=", "id: test-1\ndata: b\n\n"),
        Case("topic=a&data=b&type=t&id=i&retry=1", "event: t\nretry: 1\nid: i\ndata: b\n\n", id: "i"),
        Case("topic=a%0Bb&topic=a&data=b", "id: test-1\ndata: b\n\n"),
        Case((1...999).map { "topic=t\($0)&" }.joined() + "topic=a&data=b", "id: test-1\ndata: b\n\n"),
        Case("topic=a&topic=" + String(repeating: "x", count: 1024), "id: test-1\ndata: \n\n"),
        Case(
            "topic=a&id=" + String(repeating: "i", count: 1024),
            "id: \(String(repeating: "i", count: 1024))\ndata: \n\n",
            id: String(repeating: "i", count: 1024)
        ),
    ]

    @Test(arguments: accepted)
    func `A form becomes an event, byte for byte`(_ form: Case) async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=a")
            let publisher = try hub.connect()
            let response = try publisher.request(
                "POST",
                ServedHub.path,
                fields: "Content-Type: application/x-www-form-urlencoded\r\n",
                body: form.body
            )
            #expect(response.status == 200)
            #expect(response.text == form.id)
            #expect(try subscriber.readChunkText() == form.event)
        }
    }

    struct Refusal: CustomTestStringConvertible {
        var body: [UInt8]
        var message: String
        var testDescription: String { String(decoding: self.body.prefix(80), as: UTF8.self) }

        init(_ body: String, _ message: String) {
            self.body = Array(body.utf8)
            self.message = message
        }
    }

    static let refused: [Refusal] = [
        Refusal("", "Missing \"topic\" parameter."),
        Refusal("data=hello", "Missing \"topic\" parameter."),
        Refusal("Topic=a", "Missing \"topic\" parameter."),
        Refusal("topic=", "A topic must not be empty."),
        Refusal("topic", "A topic must not be empty."),
        Refusal("topic=a&topic=", "A topic must not be empty."),
        Refusal("topic=a%0Ab", "A topic must not contain a line break (CR or LF) or NUL."),
        Refusal("topic=a%0Db", "A topic must not contain a line break (CR or LF) or NUL."),
        Refusal("topic=a%00b", "A topic must not contain a line break (CR or LF) or NUL."),
        Refusal(
            "topic=" + String(repeating: "x", count: 1025),
            "A topic is 1025 bytes long; at most 1024 are allowed."
        ),
        Refusal(
            (1...1001).map { "topic=\($0)&" }.joined(),
            "An update has 1001 topics; at most 1000 are allowed."
        ),
        Refusal("topic=a&data=%", "A \"%\" is not followed by two hexadecimal digits."),
        Refusal("topic=a&data=%4", "A \"%\" is not followed by two hexadecimal digits."),
        Refusal("topic=a&data=%4&x=4", "A \"%\" is not followed by two hexadecimal digits."),
        Refusal("topic=a&data=%zz", "A \"%\" is not followed by two hexadecimal digits."),
        Refusal("topic=a&data=%%41", "A \"%\" is not followed by two hexadecimal digits."),
        Refusal("topic=a&%=1", "A \"%\" is not followed by two hexadecimal digits."),
        Refusal("topic=a&data=%FF", "The text is not valid UTF-8."),
        Refusal("topic=a&data=%C0%80", "The text is not valid UTF-8."),
        Refusal("topic=a&data=%ED%A0%80", "The text is not valid UTF-8."),
        Refusal("topic=%E2%82", "The text is not valid UTF-8."),
        Refusal("topic=a&retry=-1", "\"retry\" must be a number of milliseconds, 0 or more."),
        Refusal("topic=a&retry=+1", "\"retry\" must be a number of milliseconds, 0 or more."),
        Refusal("topic=a&retry=%2B1", "\"retry\" must be a number of milliseconds, 0 or more."),
        Refusal("topic=a&retry=1.5", "\"retry\" must be a number of milliseconds, 0 or more."),
        Refusal("topic=a&retry=soon", "\"retry\" must be a number of milliseconds, 0 or more."),
        Refusal("topic=a&retry=1%00", "\"retry\" must be a number of milliseconds, 0 or more."),
        Refusal("topic=a&retry=%D9%A1", "\"retry\" must be a number of milliseconds, 0 or more."),
        Refusal("topic=a&retry=9223372036854775808", "\"retry\" must be a number of milliseconds, 0 or more."),
        Refusal(
            "topic=a&retry=" + String(repeating: "9", count: 100_000),
            "\"retry\" must be a number of milliseconds, 0 or more."
        ),
        Refusal(
            "topic=a&id=x%0D%0ASet-Cookie:+a=b",
            "\"id\" must not contain line breaks, NUL or other control characters."
        ),
        Refusal("topic=a&id=x%0Adata:+forged", "\"id\" must not contain line breaks, NUL or other control characters."),
        Refusal("topic=a&id=x%00", "\"id\" must not contain line breaks, NUL or other control characters."),
        Refusal("topic=a&id=x%09", "\"id\" must not contain line breaks, NUL or other control characters."),
        Refusal("topic=a&id=x%1B[2J", "\"id\" must not contain line breaks, NUL or other control characters."),
        Refusal("topic=a&id=x%7F", "\"id\" must not contain line breaks, NUL or other control characters."),
        Refusal("topic=a&id=earliest", "\"earliest\" is no id: it asks for everything that is kept."),
        Refusal(
            "topic=a&id=test-1",
            "The id \"test-1\" has the form of the ids that this hub gives itself; choose another."
        ),
        Refusal(
            "topic=a&id=" + String(repeating: "i", count: 1025),
            "\"id\" is 1025 bytes long; at most 1024 are allowed."
        ),
        Refusal("topic=a&type=x%0Ddata:+forged", "\"type\" must not contain a line break (CR or LF) or NUL."),
        Refusal("topic=a&type=x%0Adata:+forged", "\"type\" must not contain a line break (CR or LF) or NUL."),
        Refusal("topic=a&type=x%00", "\"type\" must not contain a line break (CR or LF) or NUL."),
        Refusal(
            "topic=a&type=" + String(repeating: "t", count: 1025),
            "\"type\" is 1025 bytes long; at most 1024 are allowed."
        ),
    ]

    @Test(arguments: refused)
    func `A form that is wrong is refused with a sentence, nothing is published, and the connection goes on`(
        _ form: Refusal
    ) async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=*")
            let publisher = try hub.connect()
            try publisher.send(
                "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: \(form.body.count)\r\n\r\n"
            )
            try publisher.send(form.body)
            let response = try publisher.readResponse()
            #expect(response.status == 400)
            #expect(response.text == form.message + "\n")
            #expect(try publisher.request("POST", ServedHub.path, body: "topic=a&data=after").text == "test-1")
            #expect(try subscriber.readChunkText() == "id: test-1\ndata: after\n\n")
        }
    }

    @Test func `Bytes in a form that are no UTF-8 are refused`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 14\r\n\r\ntopic=a&data="
            )
            try wire.send([0xFF])
            let response = try wire.readResponse()
            #expect(response.status == 400)
            #expect(response.text == "The text is not valid UTF-8.\n")
        }
    }

    @Test(arguments: ["private=on", "private=", "private", "private=0", "private=false"])
    func `An update is private if the field is there, whatever its value`(_ field: String) async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=*")
            let publisher = try hub.connect()
            #expect(
                try publisher.request("POST", ServedHub.path, body: "topic=a&data=secret&\(field)").text == "test-1"
            )
            #expect(try publisher.request("POST", ServedHub.path, body: "topic=a&data=open").text == "test-2")
            #expect(try subscriber.readChunkText() == "id: test-2\ndata: open\n\n")
        }
    }

    @Test(arguments: [
        ("", 200),
        ("Content-Type: application/x-www-form-urlencoded\r\n", 200),
        ("Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n", 200),
        ("content-type:APPLICATION/X-WWW-FORM-URLENCODED ;charset=x\r\n", 200),
        ("Content-Type:\r\n", 200),
        ("Content-Type: text/plain\r\n", 415),
        ("Content-Type: application/json\r\n", 415),
        ("Content-Type: multipart/form-data; boundary=x\r\n", 415),
        ("Content-Type: application/x-www-form-urlencoded2\r\n", 415),
        ("Content-Type: text/plain\r\nContent-Type: application/x-www-form-urlencoded\r\n", 415),
        ("Content-Type: \(String(repeating: "x", count: 5000))\r\n", 415),
    ])
    func `What a body is follows from its content type`(_ field: String, _ status: Int) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let response = try wire.request("POST", ServedHub.path, fields: field, body: "topic=a")
            #expect(response.status == status)
            if status == 415 {
                #expect(response.line == "HTTP/1.1 415 Unsupported Media Type")
                #expect(response.text.hasPrefix("A body of \""))
                #expect(response.text.utf8.count < 400)
            }
        }
    }

    @Test func `The answer to a publish is these bytes`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nConnection: close\r\nContent-Length: 7\r\n\r\ntopic=a"
            )
            #expect(
                withoutDate(try wire.readTextToEnd())
                    == "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: 6\r\n\r\ntest-1"
            )
        }
    }

    @Test func `The answer to a refused publish is these bytes`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
            #expect(
                withoutDate(try wire.readTextToEnd())
                    == "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: 27\r\n\r\nMissing \"topic\" parameter.\n"
            )
        }
    }

    @Test func `An update reaches those who asked for any of its topics, once`() async throws {
        try await ServedHub.run { hub in
            let asked = ["topic=a", "topic=b", "topic=a&topic=b", "topic=*", "topic=b&topic=b&topic=none"]
            let subscribers = try asked.map { query in
                let wire = try hub.connect()
                try wire.subscribe("\(ServedHub.path)?\(query)")
                return wire
            }
            let other = try hub.connect()
            try other.subscribe("\(ServedHub.path)?topic=c")
            let publisher = try hub.connect()
            _ = try publisher.request("POST", ServedHub.path, body: "topic=a&topic=b&data=1")
            _ = try publisher.request("POST", ServedHub.path, body: "topic=c&topic=b&topic=a&data=2")
            for wire in subscribers {
                #expect(try wire.readStream(until: "2\n\n") == "id: test-1\ndata: 1\n\nid: test-2\ndata: 2\n\n")
            }
            #expect(try other.readChunkText() == "id: test-2\ndata: 2\n\n")
        }
    }
}
