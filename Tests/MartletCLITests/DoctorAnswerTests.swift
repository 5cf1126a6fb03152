import Testing

@testable import MartletCLI

@Suite struct DoctorAnswerTests {
    private func findings(
        _ head: AnswerHead?,
        at seconds: Double = 0.01,
        body: String = "",
        url: String = "http://h/feed",
        isAuthorized: Bool = false,
        _ change: (inout StreamRecord) -> Void = { _ in }
    ) throws -> [Finding.ID: Finding] {
        var record = StreamRecord()
        record.head = head
        record.headAt = head.map { _ in seconds }
        record.took(body.utf8, count: body.utf8.count, at: seconds)
        change(&record)
        let judgement = AnswerJudgement(
            target: try #require(DoctorTarget(url)),
            record: record,
            isAuthorized: isAuthorized,
            listened: 20
        )
        return Dictionary(uniqueKeysWithValues: judgement.findings.map { ($0.id, $0) })
    }

    private func stream(_ type: String = "text/event-stream", version: String = "1.1") -> AnswerHead {
        AnswerHead(status: 200, version: version, fields: [("content-type", type)])
    }

    @Test(arguments: [
        (200, Finding.Verdict.ok, ""), (204, .fail, "not to come back"), (206, .fail, "200 only"),
        (304, .fail, "200 only"),
        (400, .fail, "200 only"), (401, .fail, "--token"), (403, .fail, "auth.anonymous"),
        (404, .fail, "/.well-known/mercure"),
        (429, .fail, "429"), (500, .fail, "log"), (502, .fail, "proxy answers"), (504, .fail, "proxy answers"),
    ])
    func `only 200 is a stream`(status: Int, verdict: Finding.Verdict, text: String) throws {
        let finding = try #require(try findings(AnswerHead(status: status))[.status])
        #expect(finding.verdict == verdict)
        #expect(finding.told.contains(text))
    }

    @Test func `a refusal's own words are told, a page of HTML is not`() throws {
        let told = try findings(AnswerHead(status: 403, reason: "Forbidden"), body: "\n\nNo more.\nx")[.status]
        #expect(told?.sentence == "The answer is 403 Forbidden. It says: No more.")
        let page = try findings(AnswerHead(status: 404), body: "<html>No</html>")[.status]
        #expect(page?.sentence == "The answer is 404.")
    }

    @Test func `a token that was refused is another matter than none`() throws {
        let with = try #require(try findings(AnswerHead(status: 401), isAuthorized: true)[.status]?.cure)
        #expect(with.contains("expiry") && !with.contains("--token"))
    }

    @Test func `a hub that wants a topic is asked for one`() throws {
        let finding = try findings(AnswerHead(status: 400), url: "http://h/.well-known/mercure")[.status]
        #expect(finding?.cure?.contains("--topic") == true)
    }

    @Test(arguments: [
        ("text/event-stream", Finding.Verdict.ok), ("Text/Event-Stream ; charset=UTF-8", .ok),
        ("text/event-stream;charset=\"utf-8\"", .ok), ("text/event-stream; charset=iso-8859-1", .warn),
        ("application/json", .fail), ("text/html", .fail), ("text/event-streams", .fail), ("", .fail),
    ])
    func `the content type decides`(type: String, verdict: Finding.Verdict) throws {
        let finding = try #require(try findings(stream(type))[.contentType])
        #expect(finding.verdict == verdict)
        if verdict == .fail { #expect(finding.sentence.contains(type.isEmpty ? "no content type" : type)) }
    }

    @Test(arguments: [("1.0", Finding.Verdict.warn), ("1.1", .warn), ("2", .ok), ("3", .ok)])
    func `six connections are all that HTTP/1 has`(version: String, verdict: Finding.Verdict) throws {
        let finding = try #require(try findings(stream(version: version))[.httpVersion])
        #expect(finding.verdict == verdict)
        #expect(finding.sentence.contains("six") == (verdict == .warn))
    }

    @Test(arguments: [(0.99, Finding.Verdict.ok), (1, .warn), (4.9, .warn), (5, .fail)])
    func `a head is to come at once`(seconds: Double, verdict: Finding.Verdict) throws {
        #expect(try findings(stream(), at: seconds)[.answer]?.verdict == verdict)
    }

    @Test(
        arguments: [
            (nil, "No answer for 20 s"), (.broken("reset"), "reset"), (.lost("Redirects nowhere."), "nowhere"),
        ] as [(StreamRecord.End?, String)]
    )
    func `no answer is told with its reason`(end: StreamRecord.End?, text: String) throws {
        let findings = try findings(nil) { record in
            if let end { record.ended(end, at: 1) }
        }
        #expect(Array(findings.keys) == [.answer])
        #expect(findings[.answer]?.verdict == .fail)
        #expect(findings[.answer]?.sentence.contains(text) == true)
    }

    @Test func `a redirect is told, and that a token stays behind`() throws {
        func redirected(to target: String, _ isAuthorized: Bool) throws -> Finding? {
            try findings(stream(), isAuthorized: isAuthorized) { $0.redirects = [.init(status: 301, target: target)] }[
                .redirect
            ]
        }
        #expect(try findings(stream())[.redirect] == nil)
        let near = try #require(try redirected(to: "http://h/new?authorization=secret", true))
        #expect(near.verdict == .warn && near.sentence.contains("(301) to http://h/new;"))
        #expect(!near.sentence.contains("secret") && !near.sentence.contains("token"))
        #expect(try redirected(to: "http://elsewhere/", true)?.sentence.contains("token") == true)
        #expect(try redirected(to: "http://elsewhere/", false)?.sentence.contains("token") == false)
    }
}
