import Testing

@testable import MartletCLI

@Suite struct DoctorDeliveryTests {
    private static func run(
        _ seconds: [Double],
        of published: Int? = nil,
        encoding: String? = nil,
        hadNoHead: Bool = false
    ) -> DeliveryRecord.Run {
        .init(published: published ?? seconds.count, seconds: seconds, encoding: encoding, hadNoHead: hadNoHead)
    }

    @Test(arguments: [([3.0, 1, 2], 2.0), ([4, 1, 2, 3], 2.5), ([7], 7)] as [([Double], Double)])
    func `the median is the one in the middle`(seconds: [Double], median: Double) {
        #expect(Self.run(seconds).median == median)
        #expect(Self.run([]).median == nil)
    }

    static let cases: [(DeliveryRecord, Finding.Verdict, String)] = [
        (.measured(browser: run([0.001, 0.002, 0.9]), plain: nil), .ok, "2 ms (median), the slowest after 900 ms"),
        (.measured(browser: run([0.3, 0.4, 0.5]), plain: nil), .warn, "400 ms (median)"),
        (.measured(browser: run([1.5, 2, 2.5]), plain: run([2])), .fail, "buffers"),
        (.measured(browser: run([], of: 1), plain: run([], of: 1)), .fail, "did not come, while its publisher"),
        (
            .measured(browser: run([0.1], of: 2), plain: run([0.1], of: 2)), .fail,
            "Of 2 published events 1 did not come"
        ),
        (.measured(browser: run([], of: 1, encoding: "gzip"), plain: run([0.1])), .fail, "compression holds it back"),
        (.measured(browser: run([], of: 1, encoding: "gzip"), plain: run([], of: 1)), .fail, "buffers"),
        (.measured(browser: run([0.01], hadNoHead: true), plain: nil), .warn, "head came only with the first"),
        (.refused(status: 401, sentence: "No token."), .skip, "401: No token."),
        (.untried(why: "Because.", cure: nil), .skip, "Because."),
    ]

    @Test(arguments: cases.indices)
    func `what was published is judged by when it came`(index: Int) {
        let (record, verdict, text) = Self.cases[index]
        #expect(record.finding.verdict == verdict)
        #expect(record.finding.sentence.contains(text), "\(record.finding)")
    }

    static let encodings: [(EncodingRecord, DeliveryRecord, isSilent: Bool, Finding.Verdict, String)] = [
        (.init(isAnswered: true), untried, false, .ok, "not compressed"),
        (.init(isAnswered: false), untried, false, .skip, "no head"),
        (.init(isAnswered: false, plain: .silent), untried, true, .skip, "no head"),
        (.init(isAnswered: false, plain: .head), untried, true, .fail, "without, it comes at once"),
        (.init(isAnswered: true, encoding: "gzip", plain: .bytes), untried, true, .fail, "(gzip)"),
        (.init(isAnswered: true, encoding: "gzip", plain: .head), untried, true, .warn, "waits for more"),
        (.init(isAnswered: true, encoding: "br", plain: .bytes), untried, false, .warn, "(br)"),
        (.init(isAnswered: true, encoding: "gzip"), compressed([0.01]), false, .warn, "in time all the same"),
        (.init(isAnswered: true, encoding: "gzip", isShared: true), compressed([0.01]), false, .ok, "in time"),
        (.init(isAnswered: true, encoding: "gzip", isShared: true), compressed([2]), false, .fail, "holds it back"),
        (.init(isAnswered: true, encoding: "gzip", isShared: true), untried, false, .warn, "waits for more"),
        (.init(isAnswered: true, encoding: "br"), compressed([0.01]), false, .warn, "waits for more"),
        (.init(isAnswered: true, encoding: "gzip"), compressed([]), false, .fail, "holds it back"),
    ]
    private static let untried = DeliveryRecord.untried(why: "", cure: nil)
    private static func compressed(_ seconds: [Double]) -> DeliveryRecord {
        .measured(browser: run(seconds, of: 1, encoding: "gzip"), plain: run([0.01]))
    }

    @Test(arguments: encodings.indices)
    func `compression is blamed where it is to blame`(index: Int) {
        let (record, delivery, isSilent, verdict, text) = Self.encodings[index]
        let finding = record.finding(delivery, isSilent: isSilent)
        #expect(finding.verdict == verdict)
        #expect(finding.sentence.contains(text), "\(finding)")
    }

    static let resumes: [(ResumeRecord, Finding.Verdict, String)] = [
        (
            .tried(sent: "1", wanted: ["2", "3"], found: ["2", "3", "4"], answered: nil, seconds: 0.1), .ok,
            "all 2 events"
        ),
        (.tried(sent: "1", wanted: ["2"], found: ["2"], answered: nil, seconds: 0.1), .ok, "the event"),
        (.tried(sent: "1", wanted: ["2"], found: ["1", "2"], answered: nil, seconds: 0.1), .warn, "sent again"),
        (.tried(sent: "1", wanted: ["2", "3"], found: ["3"], answered: nil, seconds: 0.1), .warn, "only some"),
        (.tried(sent: "1", wanted: ["2"], found: [], answered: nil, seconds: 0.1), .warn, "lost"),
        (.tried(sent: "1", wanted: ["2"], found: ["9"], answered: "1", seconds: 0.1), .warn, "claims to begin there"),
        (.noIDs, .warn, "no id"), (.untried(why: "Because."), .skip, "Because."),
    ]

    @Test(arguments: resumes.indices)
    func `a reconnection goes on after the last event seen`(index: Int) {
        let (record, verdict, text) = Self.resumes[index]
        #expect(record.finding.verdict == verdict)
        #expect(record.finding.sentence.contains(text), "\(record.finding)")
    }

    @Test(arguments: [
        (GapRecord.tried(sent: "x", answered: nil, firstType: "martlet:gap"), Finding.Verdict.ok),
        (.tried(sent: "x", answered: "earliest", firstType: nil), .ok),
        (.tried(sent: "x", answered: "x", firstType: "message"), .warn),
        (.tried(sent: "x", answered: nil, firstType: nil), .warn),
        (.untried(why: "Because."), .skip),
    ])
    func `a lost place is to be told`(record: GapRecord, verdict: Finding.Verdict) {
        #expect(record.finding.verdict == verdict)
    }
}
