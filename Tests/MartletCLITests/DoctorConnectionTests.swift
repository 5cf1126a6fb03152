import Testing

@testable import MartletCLI

@Suite struct DoctorConnectionTests {
    @Test(arguments: [
        (ConnectionRecord.Failure.notFound, "is not found"), (.refused, "refused"), (.unreachable, "no way"),
        (.timedOut, "did not answer a connection for 10 s"), (.other("strange"), "strange"),
    ])
    func `who can't be reached is told with the reason`(failure: ConnectionRecord.Failure, text: String) {
        let findings = ConnectionRecord(peer: "h:80", seconds: 10, failure: failure).findings
        #expect(findings.map(\.id) == [.connect])
        #expect(findings[0].verdict == .fail)
        #expect(findings[0].sentence.contains(text) && findings[0].sentence.contains("h:80"))
        #expect(findings[0].cure != nil)
    }

    @Test(arguments: [(0.001, 0.002, Finding.Verdict.ok), (0.9, 0.05, .ok), (0.9, 0.2, .warn), (0, 3, .warn)])
    func `a slow connection is warned of`(lookup: Double, seconds: Double, verdict: Finding.Verdict) {
        let finding = ConnectionRecord(peer: "h:80", lookup: lookup, seconds: seconds).findings[0]
        #expect(finding.verdict == verdict)
        #expect(finding.seconds == lookup + seconds)
    }

    @Test func `no encryption is fine on loopback only`() {
        let verdicts = [true, false].map { ConnectionRecord(peer: "h:80", isLoopback: $0).findings[1].verdict }
        #expect(verdicts == [.ok, .warn])
    }

    @Test(arguments: [
        ("1.3", 90.0 as Double?, Finding.Verdict.ok, "another 90 days"), ("1.2", nil, .ok, "TLS 1.2"),
        ("1.3", 14, .ok, "14 days"), ("1.3", 13.9, .warn, "expires in 13 days"),
        ("1.3", 0.05, .warn, "expires in 1 hour"),
        ("1.1", 90, .fail, "TLS 1.1 only"), ("1.0", 90, .fail, "TLS 1.0 only"),
    ])
    func `a handshake is judged by version and certificate`(
        version: String,
        days: Double?,
        verdict: Finding.Verdict,
        text: String
    ) {
        let record = TLSRecord.done(version: version, protocolName: "h2", days: days, seconds: 0.01)
        let finding = record.finding(host: "h:443")
        #expect(finding.verdict == verdict)
        #expect(finding.sentence.contains(text))
    }

    @Test(arguments: [
        (TLSRecord.Problem.expired(days: 3.5), "expired 3 days ago"), (.notYetValid(days: 1), "in 24 hours"),
        (.wrongName, "other names than that of h:443"), (.untrusted, "no authority"), (.noTLS, "speaks no TLS"),
        (.oldVersion, "no version"), (.other("strange"), "strange"),
    ])
    func `what is wrong with TLS is named`(problem: TLSRecord.Problem, text: String) {
        let finding = TLSRecord.failed(problem).finding(host: "h:443")
        #expect(finding.verdict == .fail)
        #expect(finding.sentence.contains(text))
        #expect(finding.cure != nil)
    }
}
