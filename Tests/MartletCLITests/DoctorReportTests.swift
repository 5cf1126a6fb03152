import Foundation
import Testing

@testable import MartletCLI

@Suite struct DoctorReportTests {
    private func report(_ findings: Finding...) -> DoctorReport { DoctorReport(url: "http://h/\"", findings: findings) }

    @Test func `warnings and what was skipped leave a server fit, a failure does not`() {
        #expect(report(.ok(.status, "s"), .warn(.tls, "s", cure: "c"), .skip(.cors, "s")).outcome == .fit)
        #expect(report(.ok(.status, "s"), .fail(.delivery, "s", cure: "c")).outcome == .unfit)
        #expect(report(.fail(.connect, "s", cure: "c")).outcome == .unasked)
    }

    @Test func `the object holds every finding, and is JSON whatever the server said`() throws {
        let sentence = "It says: \"\\\u{0}\u{1B}[2J ü\n"
        let report = report(.ok(.answer, sentence, seconds: 0.0123456), .fail(.tls, "s", cure: "c"))
        #expect(report.json.last == UInt8(ascii: "\n"))
        #expect(report.json.count { $0 == UInt8(ascii: "\n") } == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(report.json)) as? [String: Any])
        #expect(object["url"] as? String == "http://h/\"")
        #expect(object["fit"] as? Bool == false)
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(findings.map { $0["id"] as? String } == ["answer", "tls"])
        #expect(findings.map { $0["verdict"] as? String } == ["ok", "fail"])
        #expect(findings[0]["sentence"] as? String == sentence)
        #expect(findings[0]["cure"] is NSNull)
        #expect(findings[0]["seconds"] as? Double == 0.012346)
        #expect(findings[1]["cure"] as? String == "c")
        #expect(findings[1]["seconds"] is NSNull)
    }

    @Test func `the URL is told without its secrets`() throws {
        let report = DoctorReport(url: "https://user:secret@h/feed?authorization=secret", findings: [])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(report.json)) as? [String: Any])
        #expect(object["url"] as? String == "https://h/feed")
    }

    @Test func `people get a line, a cure below it, and no control characters of the server's`() {
        let report = report(.ok(.status, "a\u{1B}[2J"), .warn(.httpVersion, "b", cure: "c"))
        let text = String(decoding: report.text(isColoured: false), as: UTF8.self)
        #expect(
            text == """
                ok    status: a^[[2J
                warn  http-version: b
                      → c

                Fit: a browser gets its events from here; there is advice above (1).

                """
        )
        let coloured = String(decoding: report.text(isColoured: true), as: UTF8.self)
        #expect(coloured.hasPrefix("\u{1B}[32mok\u{1B}[0m    status: a^[[2J\n\u{1B}[33mwarn\u{1B}[0m  http"))
    }

    @Test(arguments: [
        (0.0, "0 ms"), (0.0004, "0 ms"), (0.0126, "13 ms"), (0.9994, "999 ms"), (0.9996, "1 s"), (1.04, "1 s"),
        (1.25, "1.3 s"),
        (20, "20 s"), (60.06, "60.1 s"),
    ])
    func `times are rounded to what can be read`(seconds: Double, text: String) {
        #expect(spoken(seconds) == text)
    }
}
