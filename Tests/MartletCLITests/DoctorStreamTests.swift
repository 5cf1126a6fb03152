import Testing

@testable import MartletCLI

@Suite struct DoctorStreamTests {
    /// A stream whose head came after 10 ms, and then text at some times.
    private func record(
        _ pieces: [(at: Double, text: String)],
        end: (StreamRecord.End, at: Double)? = nil,
        fields: [(String, String)] = [],
        marker: String? = nil
    ) -> StreamRecord {
        var record = StreamRecord(marker: marker)
        record.head = AnswerHead(status: 200, fields: [("Content-Type", "text/event-stream")] + fields)
        record.headAt = 0.01
        for piece in pieces { record.took(piece.text.utf8, count: piece.text.utf8.count, at: piece.at) }
        if let end { record.ended(end.0, at: end.at) }
        return record
    }

    private func judge(_ record: StreamRecord, listened: Double = 20) -> [Finding.ID: Finding] {
        let findings = StreamJudgement(record: record, listened: listened).findings
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.id, $0) })
    }

    @Test func `a record counts what came and keeps the first of it`() {
        let record = record([
            (0.02, ":\n\nid: 1\nda"), (1.5, "ta: a\n\ndata: b\n\nretry: 7\nid: 2\nevent: x\ndata: c\n\n"),
        ])
        #expect(record.bytes == 60)
        #expect(record.arrivals == 2 && record.comments == 1 && record.events == 3)
        #expect(record.firstByteAt == 0.02 && record.lastByteAt == 1.5)
        #expect(record.longestSilence == 1.48)
        #expect(record.retry == 7)
        #expect(record.kept.map(\.data) == ["a", "b", "c"])
        #expect(record.kept.map(\.at) == [1.5, 1.5, 1.5])
        #expect(record.ids == ["1", "2"])
        #expect(record.kept.last?.type == "x")
    }

    @Test func `a record stays small whatever comes`() {
        var record = record([])
        let chunk = String(
            repeating: "id: \(String(repeating: "i", count: 2000))\ndata: \(String(repeating: "d", count: 2000))\n\n",
            count: 50
        )
        for second in 1...20 { record.took(chunk.utf8, count: chunk.utf8.count, at: Double(second)) }
        #expect(record.events == 1000)
        #expect(record.kept.count == StreamRecord.keptEvents)
        #expect(record.kept.allSatisfy { $0.data.count == StreamRecord.keptData && $0.id.isEmpty })

        var page = StreamRecord()
        page.head = AnswerHead(status: 404)
        for _ in 0..<100 { page.took(chunk.utf8, count: chunk.utf8.count, at: 1) }
        #expect(page.body.count == StreamRecord.keptBody)
    }

    @Test func `marked events are found behind any number of others`() {
        let noise = String(repeating: "data: noise\n\n", count: 1000)
        #expect(record([(1, noise + "data: mark 1\n\n")], marker: "mark").kept.map(\.data) == ["mark 1"])
    }

    @Test func `a line without end is given up`() {
        let record = record([(1, String(repeating: "x", count: (1 << 20) + 1))])
        #expect(record.end == .broken("a line or an event is longer than 1 MiB"))
        #expect(judge(record)[.format]?.verdict == .fail)
    }

    @Test(
        arguments: [
            ([(0.05, ":\n\n")], Finding.Verdict.ok, "first comment"), ([(0.9, "data: x\n\n")], .ok, "first byte"),
            ([(1.1, ":\n\n")], .warn, "1.1 s after the head"), ([], .warn, "nothing came for 20 s"),
        ] as [([(Double, String)], Finding.Verdict, String)]
    )
    func `the first byte is to come at once`(pieces: [(Double, String)], verdict: Finding.Verdict, text: String) {
        let finding = judge(record(pieces.map { (at: $0.0, text: $0.1) }))[.firstByte]
        #expect(finding?.verdict == verdict)
        #expect(finding?.sentence.contains(text) == true)
    }

    @Test(arguments: [
        ("data: x\n\n", Finding.Verdict.ok, "1 event came"),
        (":\n\ndata: x\n\ndata: y\n\n", .ok, "2 events and 1 comment came"),
        ("retry: 5\n\n", .ok, "reconnection time"), ("data: x\n", .fail, "8 bytes came"),
        ("{\"a\":1}\n\n", .fail, "no event"),
        ("", .skip, "Nothing came"),
    ])
    func `bytes that make no event are told`(text: String, verdict: Finding.Verdict, sentence: String) {
        let finding = judge(record([(0.1, text)]))[.format]
        #expect(finding?.verdict == verdict)
        #expect(finding?.sentence.contains(sentence) == true)
    }

    static let beats: [(times: [Double], text: String, listened: Double, Finding.Verdict, String)] = [
        ([0.02, 15, 30], ":\n\n", 40, .ok, "at least every 15 s"),
        ([0.02, 1, 2, 3], ":\n\n", 4, .ok, "at least every 1 s"),
        ([15], ":\n\n", 20, .ok, "at least every 15 s"),
        ([0.02, 1, 2, 3], "data: x\n\n", 4, .warn, "events only"),
        ([0.02], ":\n\n", 20, .warn, "the last 20 s were silent"),
        ([0.02, 0.03, 0.04], ":\n\n", 20, .warn, "--listen 70"),
        ([], "", 20, .warn, "No heartbeat"),
        ([], "", 40, .warn, "--listen 80"),
        ([0.02, 55], ":\n\n", 58, .warn, "HAProxy"),
        ([0.02], ":\n\n", 65, .warn, "nginx (proxy_read_timeout) after 60 s"),
        ([0.02], ":\n\n", 130, .warn, "Cloudflare after 120 s"),
    ]

    @Test(arguments: beats.indices)
    func `the longest silence is compared with what cuts it`(index: Int) {
        let (times, text, listened, verdict, sentence) = Self.beats[index]
        let finding = judge(record(times.map { ($0, text) }), listened: listened)[.heartbeat]
        #expect(finding?.verdict == verdict)
        #expect(finding?.told.contains(sentence) == true, "\(String(describing: finding))")
    }

    @Test func `a silence of 55 s names those that cut sooner, and nobody else`() {
        #expect(IdleCut.cutting(silence: 49).isEmpty)
        #expect(IdleCut.cutting(silence: 55).map(\.seconds) == [50, 55])
        #expect(IdleCut.known.map(\.seconds) == IdleCut.known.map(\.seconds).sorted())
    }

    static let ends:
        [(last: Double, StreamRecord.End?, at: Double, fields: [(String, String)], Finding.Verdict, String)] = [
            (0.1, nil, 20, [], .ok, "still open after 20 s"),
            (0.1, .broken("gone"), 5.1, [], .fail, "nothing had come for 5 s: an idle cut, without a word"),
            (0.1, .finished, 5.1, [], .fail, "or a server that gives up"),
            (5, .broken("gone"), 5.1, [], .fail, "broke off after 5.1 s: gone"),
            (5, .finished, 5.1, [], .warn, "spoke until then"),
            (0.1, .finished, 0.2, [], .fail, "ended the stream after 190 ms"),
            (5, .finished, 5.1, [("Content-Length", "9")], .fail, "ended the stream"),
        ]

    @Test(arguments: ends.indices)
    func `how a stream ends tells who ended it`(index: Int) {
        let (last, end, time, fields, verdict, sentence) = Self.ends[index]
        let record = record([(last, "data: x\n\n")], end: end.map { ($0, at: time) }, fields: fields)
        let findings = judge(record)
        #expect(findings[.streamEnd]?.verdict == verdict)
        #expect(
            findings[.streamEnd]?.sentence.contains(sentence) == true,
            "\(String(describing: findings[.streamEnd]))"
        )
        if end != nil { #expect(findings[.heartbeat]?.verdict == .skip) }
    }

    @Test(arguments: [(0, Finding.Verdict.warn), (499, .warn), (500, .ok), (3000, .ok), (60_000, .ok), (60_001, .warn)])
    func `a reconnection time is neither nothing nor for ever`(retry: Int, verdict: Finding.Verdict) {
        #expect(judge(record([(0.1, "retry: \(retry)\n\n")]))[.retry]?.verdict == verdict)
        #expect(judge(record([(0.1, ":\n\n")]))[.retry] == nil)
    }

    @Test func `what is held back is not blamed on a missing heartbeat`() {
        let judgement = StreamJudgement(record: record([]), listened: 20, isHeldBack: true)
        #expect(judgement.findings.first { $0.id == .heartbeat }?.verdict == .skip)
    }
}
