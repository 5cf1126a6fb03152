import Testing

@testable import MartletCLI

@Suite struct DoctorHeaderTests {
    private func judge(_ fields: [(String, String)]) -> [Finding.ID: Finding] {
        let findings = HeaderJudgement(head: AnswerHead(status: 200, fields: fields)).findings
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.id, $0) })
    }

    @Test func `a list is split at commas, over all fields of the name`() {
        let head = AnswerHead(status: 200, fields: [("A", "x, Y ,,"), ("B", "z"), ("a", " W")])
        #expect(head.list("a") == ["x", "y", "w"])
        #expect(head.all("A") == ["x, Y ,,", " W"])
        #expect(head.first("C") == nil)
    }

    @Test(
        arguments: [
            (
                [("Cache-Control", "no-store, no-transform"), ("X-Accel-Buffering", "no")], Finding.Verdict.ok,
                "store or change"
            ),
            ([("Cache-Control", "no-cache"), ("Server", "nginx/1.22")], .ok, "not to store it"),
            ([("Cache-Control", "no-cache")], .warn, "nginx"), ([], .warn, "Nothing keeps"),
            ([("Cache-Control", "max-age=60"), ("X-Accel-Buffering", "no")], .warn, "max-age=60"),
            ([("Cache-Control", "public, max-age=0")], .warn, "public"),
            ([("Cache-Control", "no-cache, max-age=0"), ("X-Accel-Buffering", "No")], .ok, "not to store"),
            ([("Cache-Control", "no-store"), ("Age", "12")], .fail, "Age: 12"),
        ] as [([(String, String)], Finding.Verdict, String)]
    )
    func `caches are to be told`(fields: [(String, String)], verdict: Finding.Verdict, text: String) {
        let finding = judge(fields)[.caching]
        #expect(finding?.verdict == verdict)
        #expect(finding?.told.contains(text) == true, "\(String(describing: finding))")
    }

    @Test(
        arguments: [
            ([], "No proxy"),
            ([("Server", "nginx")], "nginx (proxy_read_timeout) cuts streams that are silent for 60 s"),
            ([("Server", "cloudflare"), ("CF-Ray", "x")], "Cloudflare cuts streams that are silent for 120 s"),
            ([("Via", "1.1 varnish"), ("Server", "gunicorn")], "gunicorn; Via: 1.1 varnish."),
        ] as [([(String, String)], String)]
    )
    func `proxies are named with what they cut`(fields: [(String, String)], text: String) {
        let finding = judge(fields)[.proxies]
        #expect(finding?.verdict == .ok)
        #expect(finding?.sentence.contains(text) == true, "\(String(describing: finding))")
    }

    private static let origin = "https://app.example"
    private static let allow = "Access-Control-Allow-Origin"
    private static let credentials = ("Access-Control-Allow-Credentials", "true")

    static let actual: [(status: Int, [(String, String)], cookies: Bool, Finding.Verdict, String)] = [
        (200, [], false, .fail, "no Access-Control-Allow-Origin"),
        (403, [], false, .fail, "answers 403"),
        (200, [(allow, origin)], false, .ok, "without cookies"),
        (200, [(allow, origin), credentials], true, .ok, "with cookies"),
        (200, [(allow, origin)], true, .fail, "may not send cookies"),
        (200, [(allow, "*")], false, .ok, "every origin"),
        (200, [(allow, "*")], true, .fail, "browsers refuse"),
        (200, [(allow, "*"), credentials], false, .warn, "browsers refuse"),
        (200, [(allow, "https://other.example")], false, .fail, "those of https://other.example"),
        (200, [(allow, origin), (allow, origin)], false, .fail, "more than once"),
        (200, [(allow, "\(origin), \(origin)")], false, .fail, "more than once"),
    ]

    @Test(arguments: actual.indices)
    func `a page reads what names its origin`(index: Int) {
        let (status, fields, cookies, verdict, text) = Self.actual[index]
        let head = AnswerHead(status: status, fields: fields)
        let finding = CORSRecord(origin: Self.origin, sendsCookies: cookies, actual: head).findings[0]
        #expect(finding.verdict == verdict)
        #expect(finding.sentence.contains(text), "\(finding)")
    }

    private static let headers = "Access-Control-Allow-Headers"

    static let preflights: [(AnswerHead?, Finding.Verdict, String)] = [
        (nil, .skip, "not answered"),
        (.init(status: 204, fields: [(allow, origin), (headers, "Authorization, Last-Event-ID")]), .ok, "may do so"),
        (.init(status: 200, fields: [(allow, "*"), (headers, "authorization,*")]), .ok, "may do so"),
        (.init(status: 405), .fail, "405"),
        (.init(status: 204), .fail, "does not allow pages"),
        (.init(status: 204, fields: [(allow, origin), (headers, "*")]), .fail, "header authorization."),
        (.init(status: 204, fields: [(allow, origin)]), .fail, "authorization, last-event-id"),
    ]

    @Test(arguments: preflights.indices)
    func `a page that sends a token asks first`(index: Int) {
        let (head, verdict, text) = Self.preflights[index]
        var record = CORSRecord(origin: Self.origin, sendsToken: true, preflight: head)
        #expect(record.findings[1].verdict == verdict)
        #expect(record.findings[1].sentence.contains(text), "\(record.findings[1])")
        // Plain EventSource gets by without.
        record.sendsToken = false
        #expect(record.findings[1].verdict == (verdict == .fail ? .warn : verdict))
    }
}
