import ArgumentParser
import Testing

@testable import MartletCLI

@Suite struct DoctorCommandTests {
    @Test(arguments: [
        [], ["h"], ["ftp://h/"], ["http://"], ["http://h/", "--listen", "0.5"], ["http://h/", "--listen", "3601"],
        ["http://h/", "--listen", "nan"], ["http://h/", "--origin", "app.example"],
        ["http://h/", "--origin", "https://h/x"],
        ["http://h/", "--origin", "https://H"], ["http://h/", "--origin", "https://h:443"],
        ["http://h/", "--origin", "*"],
        ["http://h/", "--publish-url", "h"], ["http://h/", "--publish-url", "http://p/", "--no-publish"],
        ["http://h/", "--header", "Origin: x"], ["http://h/", "--header", "last-event-id: 1"],
        ["http://h/", "--header", "x"],
    ])
    func `doctor refuses what makes no sense`(arguments: [String]) {
        #expect(throws: (any Error).self) { try DoctorCommand.parse(arguments) }
    }

    @Test(arguments: [
        (["http://h/feed"], "http://h/feed"), (["http://h/feed", "--topic", "a b"], "http://h/feed?topic=a%20b"),
        (["http://h/.well-known/mercure"], "http://h/.well-known/mercure?topic=t%2Fquiet"),
        (["http://h/.well-known/mercure#x"], "http://h/.well-known/mercure?topic=t%2Fquiet#x"),
        (["http://h/.well-known/mercure?topic=a"], "http://h/.well-known/mercure?topic=a"),
        (["http://h/.well-known/mercure", "--topic", "a"], "http://h/.well-known/mercure?topic=a"),
    ])
    func `a hub is listened to on a topic`(arguments: [String], address: String) throws {
        #expect(try DoctorCommand.parse(arguments).address(topic: "t") == address)
    }

    @Test func `findings come in the order in which a request meets them`() throws {
        let target = try #require(DoctorTarget("http://127.0.0.1/"))
        var examination = Examination(target: target, connection: ConnectionRecord(peer: "h:80", failure: .refused))
        #expect(examination.findings.map(\.id) == [.connect])

        examination.connection.failure = nil
        var stream = StreamRecord()
        examination.stream = stream
        #expect(examination.findings.map(\.id) == [.connect, .tls, .answer])
        // What is held back, head and all, is told from what isn't there.
        examination.delivery = .measured(browser: .init(published: 1), plain: .init(published: 1, seconds: [0.1]))
        #expect(examination.findings.map(\.id) == [.connect, .tls, .answer, .delivery, .compression])

        examination.delivery = .untried(why: "", cure: nil)
        stream.head = AnswerHead(status: 200, fields: [("Content-Type", "text/html")])
        stream.headAt = 0
        examination.stream = stream
        #expect(examination.findings.map(\.id) == [.connect, .tls, .answer, .status, .contentType])

        stream.head = AnswerHead(status: 200, fields: [("Content-Type", "text/event-stream")])
        stream.redirects = [.init(status: 302, target: "http://127.0.0.1/x")]
        stream.took("retry: 1\n\n".utf8, count: 10, at: 0.1)
        examination.stream = stream
        examination.cors = CORSRecord(origin: "https://h")
        // Every id that there is, once.
        #expect(examination.findings.map(\.id) == Finding.ID.allCases)
    }
}
