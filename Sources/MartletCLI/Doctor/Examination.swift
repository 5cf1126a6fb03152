/// All that was observed of one URL, and what it means.
struct Examination: Sendable {
    var target: DoctorTarget
    var isAuthorized = false
    var connection: ConnectionRecord
    /// `nil` if there was no connection to ask over.
    var stream: StreamRecord?
    /// When listening ended, in seconds since the request.
    var listened: Double = 0
    var delivery = DeliveryRecord.untried(why: "Nothing was published.", cure: nil)
    var encoding = EncodingRecord(isAnswered: false, encoding: nil)
    var resume = ResumeRecord.untried(why: "Resuming was not tried.")
    var gap = GapRecord.untried(why: "An unknown id was not tried.")
    var cors: CORSRecord?

    /// In the order in which a request meets them.
    var findings: [Finding] {
        var findings = self.connection.findings
        guard let stream = self.stream else { return findings }
        let answer = AnswerJudgement(
            target: self.target,
            record: stream,
            isAuthorized: self.isAuthorized,
            listened: self.listened
        )
        findings += answer.findings
        guard answer.isStream, let head = stream.head else {
            // An answer that is held back is told apart from one that isn't there by what is published.
            if stream.head == nil {
                if case .measured = self.delivery { findings.append(self.delivery.finding) }
                let compression = self.encoding.finding(self.delivery, isSilent: true)
                if compression.verdict == .fail { findings.append(compression) }
            }
            return findings
        }
        var heard = StreamJudgement(record: stream, listened: self.listened, isHeldBack: self.delivery.isHeldBack)
            .findings
        findings.append(heard.removeFirst())
        findings += [self.delivery.finding, self.encoding.finding(self.delivery, isSilent: stream.bytes == 0)]
        findings += heard
        findings += [self.resume.finding, self.gap.finding]
        findings +=
            self.cors?.findings
            ?? [.skip(.cors, "Pages of other origins were not asked about.", cure: "--origin https://app.example")]
        findings += HeaderJudgement(head: head).findings
        return findings
    }
}
