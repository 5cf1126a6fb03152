import Testing

@testable import MartletMetrics

@Suite("How names, labels and numbers are spelled")
struct ExpositionTests {
    @Test(arguments: [
        ("martlet_streams", "martlet_streams"), ("hb.requests", "hb_requests"), ("a-b c", "a_b_c"), ("", "_"),
        ("9lives", "_9lives"), ("a9", "a9"), ("job:rate", "job_rate"), ("grüße", "gr__e"), ("e\u{301}", "e_"),
        ("a\nb{c=\"d\"} 1", "a_b_c__d___1"), ("\0", "_"), ("ａ", "_"), ("1", "_1"), ("_", "_"),
    ])
    func `A metric's name has letters, digits and underscores`(_ name: String, _ wanted: String) {
        #expect(Exposition.metricName(name) == wanted)
    }

    @Test(arguments: [
        ("reason", "reason"), ("__name__", "_name__"), ("__", "_"), ("_", "_"), ("le", "exported_le"), ("", "_"),
        ("__le", "_le"), ("a.b", "a_b"), ("...x", "_x"),
    ])
    func `A label's name is none of Prometheus' own`(_ name: String, _ wanted: String) {
        #expect(Exposition.labelName(name) == wanted)
    }

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"), ("a\r\nb", "a\r\\nb"),
        ("\\n", "\\\\n"), ("\"\u{301}", "\\\"\u{301}"), ("{x=\"y\"} 1\n", "{x=\\\"y\\\"} 1\\n"), ("日本", "日本"),
    ])
    func `A label's value is escaped`(_ value: String, _ wanted: String) {
        // By their bytes: equal strings may be spelled differently.
        #expect(Array(Exposition.labelValue(value).utf8) == Array(wanted.utf8))
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.5, "0.5"), (1e-5, "1e-05"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000"), (9_007_199_254_740_991, "9007199254740991"), (1e300, "1e+300"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (-.nan, "NaN"),
            (.leastNonzeroMagnitude, "5e-324"),
        ] as [(Double, String)]
    )
    func `A number is spelled so that it reads back as the same`(_ value: Double, _ wanted: String) {
        #expect(Exposition.number(value) == wanted)
    }

    @Test func `What is long is cut off between characters`() {
        #expect(Exposition.metricName(String(repeating: "a", count: 10_000)).utf8.count == 200)
        #expect(Exposition.labelValue(String(repeating: "é", count: 10_000)) == String(repeating: "é", count: 128))
        #expect(Exposition.labelValue("a" + String(repeating: "😀", count: 100)).utf8.count == 253)
    }

    @Test func `Labels are sorted by name, and each is there once`() {
        #expect(LabelSet([("b", "2"), ("a", "1")]).text == "a=\"1\",b=\"2\"")
        #expect(LabelSet([("b", "2"), ("a", "1")]) == LabelSet([("a", "1"), ("b", "2")]))
        #expect(LabelSet([("a.b", "1"), ("a_b", "2")]).text == "a_b=\"1\"")
        #expect(LabelSet([]).braced() == "")
        #expect(LabelSet([]).braced(le: "0.1") == "{le=\"0.1\"}")
        #expect(LabelSet([("le", "1")]).braced(le: "2") == "{exported_le=\"1\",le=\"2\"}")
        #expect(LabelSet((0..<100).map { ("l\($0)", "") }).text.split(separator: ",").count == 16)
    }
}
