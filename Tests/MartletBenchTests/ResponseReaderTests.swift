import Testing

@testable import MartletBench

@Suite struct ResponseReaderTests {
    struct Reading: Equatable {
        var head: ResponseReader.Head?
        var body = ""
        var isComplete = false
        var failure: ResponseReader.Failure?
    }

    private func read(_ text: String, piece: Int) -> Reading {
        var reader = ResponseReader()
        var reading = Reading()
        let bytes = Array(text.utf8)
        var body: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let piece = Array(bytes[start..<min(bytes.count, start + piece)])
            do {
                try piece.withUnsafeBytes { bytes in
                    try reader.read(bytes) {
                        reading.head = $0
                    } onBody: {
                        body += $0
                    }
                }
            } catch {
                reading.failure = error as? ResponseReader.Failure
                break
            }
        }
        reading.body = String(decoding: body, as: UTF8.self)
        reading.isComplete = reader.isComplete
        return reading
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true),
        ("HTTP/1.1 200 OK\ncontent-length: 5\n\nhello", 200, "hello", true),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, "hello", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1 \r\n!\r\n", 200, "hello!", false),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n", 200,
            "0123456789", true
        ),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n", 200, "data: a\n\n", false),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 201, "", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1", 200, "ok", true),
    ])
    func `a response is read wherever its bytes are cut`(text: String, status: Int, body: String, isComplete: Bool) {
        for piece in 1...text.utf8.count {
            let reading = self.read(text, piece: piece)
            #expect(reading.failure == nil, "in pieces of \(piece)")
            #expect(reading.head?.status == status, "in pieces of \(piece)")
            #expect(reading.body == body, "in pieces of \(piece)")
            #expect(reading.isComplete == isComplete, "in pieces of \(piece)")
        }
    }

    @Test(arguments: [
        ("HTTP/2 200\r\n\r\n", ResponseReader.Failure.notHTTP),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", .notHTTP),
        ("HTTP/1.1 20\r\n\r\n", .notHTTP),
        ("HTTP/1.1 999 What\r\n\r\n", .notHTTP),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .badLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", .badChunk),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", .badChunk),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n", .badChunk),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", .badChunk),
        ("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 20_000), .headTooLarge),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + String(repeating: "x", count: 5_000),
            .badChunk
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
                + String(repeating: "X: y\r\n", count: 5_000), .headTooLarge
        ),
    ])
    func `what is no HTTP is told apart, and what grows without end is refused`(
        text: String,
        failure: ResponseReader.Failure
    ) {
        for piece in [1, 7, text.utf8.count] {
            #expect(self.read(text, piece: piece).failure == failure, "in pieces of \(piece)")
        }
    }

    @Test func `one connection has responses one after the other`() throws {
        var reader = ResponseReader()
        for (status, length) in [(200, 3), (404, 0), (200, 1)] {
            reader.reset()
            var seen = 0
            let text =
                "HTTP/1.1 \(status) X\r\nContent-Length: \(length)\r\n\r\n" + String(repeating: "b", count: length)
            try Array(text.utf8).withUnsafeBytes { bytes in
                try reader.read(bytes) {
                    seen = $0.status
                } onBody: { _ in
                }
            }
            #expect(seen == status)
            #expect(reader.isComplete)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK", "", false), ("HTTP/1.1 200 OK", "Connection: close\r\n", true),
        ("HTTP/1.0 200 OK", "", true),
        ("HTTP/1.0 200 OK", "Connection: Keep-Alive\r\n", false),
    ])
    func `whether the connection is closed afterwards is known`(status: String, header: String, closes: Bool) {
        #expect(self.read("\(status)\r\n\(header)Content-Length: 0\r\n\r\n", piece: 100).head?.closes == closes)
    }
}
