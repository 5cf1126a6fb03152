/// What the server says to a browser about pages of one origin (WHATWG Fetch §3.2).
struct CORSRecord: Equatable, Sendable {
    let origin: String
    /// Whether a page would send cookies.
    var sendsCookies = false
    /// Whether a page would send an `Authorization` header.
    var sendsToken = false
    /// The answer to the request with `Origin`; `nil` if none came.
    var actual: AnswerHead?
    /// What a refusal says.
    var actualSentence = ""
    /// The answer to `OPTIONS`; `nil` if none came.
    var preflight: AnswerHead?

    /// What a client that is no plain EventSource asks to send.
    static let requestHeaders = ["authorization", "last-event-id"]

    var findings: [Finding] { [self.actualFinding, self.preflightFinding] }

    private static let cure =
        "Answer with the page's origin in Access-Control-Allow-Origin, once (cors.origins of a hub, or add_header in "
        + "nginx, not both)."

    private var actualFinding: Finding {
        guard let head = self.actual else {
            return .skip(.cors, "There was no answer that would tell whether pages of \(self.origin) may read it.")
        }
        func fail(_ sentence: String, _ cure: String = Self.cure) -> Finding { .fail(.cors, sentence, cure: cure) }
        let allowed = head.all("Access-Control-Allow-Origin")
        if head.status != 200 {
            let said = self.actualSentence.isEmpty ? "" : " It says: \(self.actualSentence)"
            return fail("Asked by a page of \(self.origin), it answers \(head.status).\(said)")
        }
        guard let first = allowed.first else {
            return fail("Pages of \(self.origin) can't read it: the answer has no Access-Control-Allow-Origin.")
        }
        if allowed.count > 1 || first.contains(",") {
            return fail(
                "Pages of \(self.origin) can't read it: Access-Control-Allow-Origin is there more than once.",
                "Let only one of server and proxy add it (nginx: proxy_hide_header Access-Control-Allow-Origin)."
            )
        }
        let credentials = head.first("Access-Control-Allow-Credentials") == "true"
        if first == "*" {
            if credentials || self.sendsCookies {
                let sentence =
                    "Access-Control-Allow-Origin is \"*\", which browsers refuse for requests with cookies "
                    + "(withCredentials)."
                return self.sendsCookies ? fail(sentence) : .warn(.cors, sentence, cure: Self.cure)
            }
            return .ok(.cors, "Pages of every origin may read it, without cookies.")
        }
        guard first == self.origin else {
            return fail("Pages of \(self.origin) can't read it; those of \(first) can.")
        }
        if credentials { return .ok(.cors, "Pages of \(self.origin) may read it, with cookies too.") }
        if self.sendsCookies {
            return fail(
                "Pages of \(self.origin) may not send cookies: Access-Control-Allow-Credentials is missing.",
                "Answer with Access-Control-Allow-Credentials: true as well."
            )
        }
        return .ok(.cors, "Pages of \(self.origin) may read it, without cookies.")
    }

    /// Plain EventSource needs no preflight; clients that send a token in a header do.
    private var preflightFinding: Finding {
        guard let head = self.preflight else {
            return .skip(.corsPreflight, "OPTIONS was not answered, so what clients with headers get isn't known.")
        }
        func bad(_ sentence: String) -> Finding {
            let cure =
                "Answer OPTIONS with 204, Access-Control-Allow-Origin, and Access-Control-Allow-Headers: "
                + "Authorization, Last-Event-ID (a hub does so for cors.origins)."
            return self.sendsToken
                ? .fail(.corsPreflight, sentence, cure: cure)
                : .warn(.corsPreflight, sentence + " Plain EventSource works without.", cure: cure)
        }
        guard (200..<300).contains(head.status) else {
            return bad("Before a request with a token browsers ask by OPTIONS, and the answer is \(head.status).")
        }
        let allowed = head.all("Access-Control-Allow-Origin")
        guard allowed.count == 1, allowed[0] == self.origin || allowed[0] == "*" else {
            return bad("The answer to OPTIONS does not allow pages of \(self.origin).")
        }
        let headers = head.list("Access-Control-Allow-Headers")
        // The asterisk does not stand for Authorization (WHATWG Fetch §4.8, step 6).
        let missing = Self.requestHeaders.filter { name in
            !headers.contains(name) && (name == "authorization" || !headers.contains("*"))
        }
        if !missing.isEmpty {
            return bad("The answer to OPTIONS does not allow the header \(missing.joined(separator: ", ")).")
        }
        return .ok(.corsPreflight, "Clients of \(self.origin) that send a token or an id in a header may do so.")
    }
}
