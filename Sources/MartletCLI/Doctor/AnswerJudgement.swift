import EventSourceClient

/// Judges how the server answered: by its head, before any event.
struct AnswerJudgement {
    let target: DoctorTarget
    let record: StreamRecord
    /// Whether the request had a token or a cookie.
    let isAuthorized: Bool
    /// How long it was listened to.
    let listened: Double

    /// Whether there is a stream to go on with.
    var isStream: Bool { self.record.head?.isEventStream == true }

    var findings: [Finding] {
        var findings = self.redirects
        guard let head = self.record.head else { return findings + [self.silence] }
        findings.append(self.time)
        findings.append(self.status(head))
        if head.status == 200 { findings.append(self.contentType(head)) }
        if self.isStream { findings.append(self.version(head)) }
        return findings
    }

    private var silence: Finding {
        switch self.record.end {
        case .lost(let sentence):
            return .fail(
                .answer,
                sentence,
                cure: "Correct the redirect in the server or proxy, or use the URL it should lead to."
            )
        case .broken(let reason):
            return .fail(
                .answer,
                "The connection ended before an answer: \(reason).",
                cure: "Look into the log of the server, and of the proxy before it. A port that speaks TLS is asked "
                    + "with https://."
            )
        case .finished, nil:
            return .fail(
                .answer,
                "No answer for \(spoken(self.listened)), not even its head; a page waits and sees no `onopen`.",
                cure: "Either a proxy holds the answer back (nginx: proxy_buffering off, and no proxy_ignore_headers "
                    + "X-Accel-Buffering), or the server sends no head before its first event: have it flush the head "
                    + "and a comment (\":\" and an empty line) at once."
            )
        }
    }

    private var time: Finding {
        let seconds = self.record.headAt ?? 0
        let sentence = "The head of the answer came after \(spoken(seconds))"
        if seconds < 1 { return .ok(.answer, sentence + ".", seconds: seconds) }
        let cure =
            "Have the server flush the head, and a comment, at once; see whether a proxy waits for a first piece of "
            + "body (nginx: proxy_buffering off)."
        if seconds < 5 {
            return .warn(.answer, sentence + "; a page sees `onopen` that late.", cure: cure, seconds: seconds)
        }
        return .fail(.answer, sentence + ": something holds it back.", cure: cure, seconds: seconds)
    }

    private var redirects: [Finding] {
        guard let last = self.record.redirects.last, self.record.head != nil else { return [] }
        let statuses = self.record.redirects.map { String($0.status) }.joined(separator: ", ")
        let end = DoctorTarget(last.target)
        let place = redactedURL(last.target)
        var sentence = "It is redirected (\(statuses)) to \(place); every reconnection takes that way again."
        if self.isAuthorized, let end, end.origin != self.target.origin {
            sentence += " The token and cookies are not sent to another origin."
        }
        return [.warn(.redirect, sentence, cure: "Use the URL it leads to.")]
    }

    private func status(_ head: AnswerHead) -> Finding {
        let said = self.record.bodySentence
        let text = "\(head.status)\(head.reason.isEmpty ? "" : " " + head.reason)"
        let quoted = said.isEmpty || said.hasPrefix("<") ? "" : " It says: \(said)"
        func fail(_ sentence: String, _ cure: String) -> Finding {
            .fail(.status, sentence + quoted, cure: cure)
        }
        switch head.status {
        case 200:
            return .ok(.status, "The answer is 200.")
        case 204:
            return fail(
                "The answer is \(text), which tells browsers to stop, and not to come back.",
                "Answer 200 where there is a stream, even while it has no events."
            )
        case 401, 403:
            return fail(
                "The answer is \(text).",
                self.isAuthorized
                    ? "The token or cookie was sent and not taken: check its key, its expiry and what it grants."
                    : "Give a token with --token, or a cookie with --header. EventSource in a page sends cookies, "
                        + "but no Authorization header; a hub lets everybody in with auth.anonymous."
            )
        case 404, 410:
            return fail(
                "The answer is \(text).",
                "Check the path; of a hub it is \(DoctorHub.path)?topic=… or /topics/…. A proxy may lack the location, "
                    + "or cut off a prefix."
            )
        case 400..<500 where self.target.path.hasSuffix(DoctorHub.path):
            return fail("The answer is \(text).", "Name a topic: --topic greetings, for instance.")
        case 502, 503, 504:
            return fail(
                "The answer is \(text).",
                "The proxy answers, but the server behind it doesn't, or is too busy: check that it runs, and the "
                    + "address the proxy has for it."
            )
        case 500...:
            return fail("The answer is \(text).", "Look into the server's log.")
        default:
            return fail(
                "The answer is \(text); EventSource takes 200 only, and does not come back after this.",
                "Answer 200 with text/event-stream."
            )
        }
    }

    private func contentType(_ head: AnswerHead) -> Finding {
        let whole = head.first("Content-Type") ?? ""
        guard head.mediaType == "text/event-stream" else {
            let found = whole.isEmpty ? "no content type" : whole
            var cure = "Answer with Content-Type: text/event-stream; a page's EventSource ends with an error otherwise."
            if head.mediaType == "text/html" {
                cure += " HTML is often a login or a start page that took the place of the stream: check the path."
            }
            if ["", "/"].contains(self.target.path) { cure += " A hub's streams are at \(DoctorHub.path)?topic=…" }
            return .fail(.contentType, "The answer is \(found), not text/event-stream.", cure: cure)
        }
        let parameters = whole.lowercased().filter { !$0.isWhitespace && $0 != "\"" }.split(separator: ";").dropFirst()
        if let charset = parameters.first(where: { $0.hasPrefix("charset=") }), charset != "charset=utf-8" {
            return .warn(
                .contentType,
                "The answer claims \(charset), but browsers read every event stream as UTF-8.",
                cure: "Send UTF-8, and no charset or charset=utf-8."
            )
        }
        return .ok(.contentType, "The answer is text/event-stream.")
    }

    private func version(_ head: AnswerHead) -> Finding {
        switch head.version {
        case "2", "3":
            return .ok(.httpVersion, "HTTP/\(head.version): all streams of a browser share one connection.")
        case "1.0":
            return .warn(
                .httpVersion,
                "HTTP/1.0: proxies tend to buffer it, and browsers open at most six connections to an origin.",
                cure: "Have the server answer in HTTP/1.1 (nginx before it: proxy_http_version 1.1), or better HTTP/2."
            )
        default:
            return .warn(
                .httpVersion,
                "HTTP/\(head.version): browsers open at most six connections to an origin, over all tabs; the seventh "
                    + "stream, and every other request then, hangs silently.",
                cure: "Serve it over TLS with HTTP/2 (the hub's `tls` setting, or http2 in nginx), or let "
                    + "all tabs share one stream: martlet.js with share: true."
            )
        }
    }
}
