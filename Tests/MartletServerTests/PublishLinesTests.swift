import Testing

@testable import MartletServer

@Suite("Publishing JSON lines", .timeLimit(.minutes(2)))
struct PublishLinesTests {
    private static let type = "Content-Type: application/x-ndjson\r\n"

    @Test(arguments: [
        "Content-Type: application/x-ndjson\r\n",
        "Content-Type: application/x-ndjson; charset=utf-8\r\n",
        "Content-Type: Application/X-NDJSON\r\n",
    ])
    func `Many updates arrive in order, and their ids are given back a line each`(_ type: String) async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=*")
            let body = """
                {"topic":"a","data":"1"}\r
                {"topic":["b","c"],"data":"x\\r\\ny\\n","id":"mine","type":"news","retry":5}

                \t \r
                {"topic":"a"}
                {"data":"\\u20ac","topic":"a","unknown":{"x":[1]},"retry":0,"private":false,"id":null,"type":null}
                """
            let response = try hub.connect().request("POST", ServedHub.path, fields: type, body: body)
            #expect(response.status == 200)
            #expect(response.text == "test-1\nmine\ntest-3\ntest-4")
            #expect(
                try subscriber.readStream(until: "€\n\n") == """
                    id: test-1
                    data: 1

                    event: news
                    retry: 5
                    id: mine
                    data: x
                    data: y
                    data:\u{20}

                    id: test-3
                    data:\u{20}

                    id: test-4
                    data: €


                    """
            )
        }
    }

    static let refused: [(lines: String, message: String)] = [
        ("", "There is no update in the body."),
        ("\n\r\n \n", "There is no update in the body."),
        ("hello", "Line 1: It is not valid JSON. Nothing was published."),
        (#"{"topic":"a"}"# + "\nhello", "Line 2: It is not valid JSON. Nothing was published."),
        (#"{"topic":"a"}"# + "\n\n\n" + #"{"topic":"#, "Line 4: It is not valid JSON. Nothing was published."),
        (#"{"topic":"a"} {"topic":"b"}"#, "Line 1: It is not valid JSON. Nothing was published."),
        ("[]", "Line 1: It is not a JSON object. Nothing was published."),
        ("null", "Line 1: It is not a JSON object. Nothing was published."),
        ("\"a\"", "Line 1: It is not a JSON object. Nothing was published."),
        ("{}", "Line 1: Missing \"topic\". Nothing was published."),
        (#"{"topic":null}"#, "Line 1: \"topic\" is of the wrong type. Nothing was published."),
        (#"{"topic":1}"#, "Line 1: \"topic\" is of the wrong type. Nothing was published."),
        (#"{"topic":["a",1]}"#, "Line 1: \"topic\" is of the wrong type. Nothing was published."),
        (#"{"topic":{}}"#, "Line 1: \"topic\" is of the wrong type. Nothing was published."),
        (#"{"topic":[]}"#, "Line 1: Missing \"topic\" parameter. Nothing was published."),
        (#"{"topic":""}"#, "Line 1: A topic must not be empty. Nothing was published."),
        (
            #"{"topic":"a\nb"}"#,
            "Line 1: A topic must not contain a line break (CR or LF) or NUL. Nothing was published."
        ),
        (#"{"topic":"a","data":1}"#, "Line 1: \"data\" is of the wrong type. Nothing was published."),
        (#"{"topic":"a","data":{"x":1}}"#, "Line 1: \"data\" is of the wrong type. Nothing was published."),
        (#"{"topic":"a","id":1}"#, "Line 1: \"id\" is of the wrong type. Nothing was published."),
        (
            #"{"topic":"a","id":"x\r\ny"}"#,
            "Line 1: \"id\" must not contain line breaks, NUL or other control characters. Nothing was published."
        ),
        (
            #"{"topic":"a","type":"x\u0000"}"#,
            "Line 1: \"type\" must not contain a line break (CR or LF) or NUL. Nothing was published."
        ),
        (#"{"topic":"a","private":"yes"}"#, "Line 1: \"private\" is of the wrong type. Nothing was published."),
        (#"{"topic":"a","private":1}"#, "Line 1: \"private\" is of the wrong type. Nothing was published."),
        (#"{"topic":"a","retry":"5"}"#, "Line 1: \"retry\" is of the wrong type. Nothing was published."),
        (
            #"{"topic":"a","retry":-1}"#,
            "Line 1: \"retry\" must be a number of milliseconds, 0 or more. Nothing was published."
        ),
        (#"{"topic":"a","retry":1.5}"#, "Line 1: \"retry\" is out of range. Nothing was published."),
        (#"{"topic":"a","retry":99999999999999999999}"#, "Line 1: \"retry\" is out of range. Nothing was published."),
        (
            String(repeating: #"{"topic":"a"}"# + "\n", count: 99) + #"{"topic":"a","id":"test-3"}"#,
            "The id \"test-3\" has the form of the ids that this hub gives itself; choose another."
        ),
        (String(repeating: "[", count: 100_000), "Line 1: It is not valid JSON. Nothing was published."),
        (#"{"topic":"a","data":"\ud800"}"#, "Line 1: It is not valid JSON. Nothing was published."),
    ]

    @Test(arguments: refused)
    func `All updates are published or none, and the refusal names the line`(
        _ lines: String,
        _ message: String
    ) async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=*")
            let publisher = try hub.connect()
            let response = try publisher.request("POST", ServedHub.path, fields: Self.type, body: lines)
            #expect(response.status == 400)
            #expect(response.text == message + "\n")
            #expect(try publisher.request("POST", ServedHub.path, body: "topic=a&data=after").text == "test-1")
            #expect(try subscriber.readChunkText() == "id: test-1\ndata: after\n\n")
        }
    }

    @Test func `Bytes in a line that are no UTF-8 are refused`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let line = Array(#"{"topic":"a","data":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
            try wire.send(
                "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\n\(Self.type)Content-Length: \(line.count)\r\n\r\n"
            )
            try wire.send(line)
            #expect(try wire.readResponse().status == 400)
        }
    }

    @Test func `10,000 updates are taken in one request, one more is not`() async throws {
        try await ServedHub.run { hub in
            let line = #"{"topic":"a"}"# + "\n"
            let wire = try hub.connect()
            try wire.send(
                "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\n\(Self.type)Content-Length: \(line.utf8.count * 10_000)\r\n\r\n"
            )
            try wire.send(String(repeating: line, count: 10_000))
            let response = try wire.readResponse(within: 30)
            #expect(response.status == 200)
            #expect(response.text == (1...10_000).map { "test-\($0)" }.joined(separator: "\n"))
            let more = try wire.request(
                "POST",
                ServedHub.path,
                fields: Self.type,
                body: String(repeating: line, count: 10_001)
            )
            #expect(more.status == 413)
            #expect(more.text == "At most 10000 updates are allowed in one request.\n")
        }
    }

    @Test func `A private line reaches nobody without a token`() async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=*")
            let body = #"{"topic":"a","data":"secret","private":true}"# + "\n" + #"{"topic":"a","data":"open"}"#
            _ = try hub.connect().request("POST", ServedHub.path, fields: Self.type, body: body)
            #expect(try subscriber.readChunkText() == "id: test-2\ndata: open\n\n")
        }
    }
}
