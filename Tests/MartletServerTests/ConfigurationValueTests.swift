import Testing

@testable import MartletServer

/// How single values are written.
@Suite struct ConfigurationValueTests {
    @Test(arguments: [
        ("0", Duration.zero), ("0s", .zero), ("1ms", .milliseconds(1)), ("250ms", .milliseconds(250)),
        ("30s", .seconds(30)), ("5m", .seconds(300)), ("12h", .seconds(43_200)), ("7d", .seconds(604_800)),
        ("007s", .seconds(7)),
    ])
    func `a duration is a whole number and a unit`(_ text: String, _ expected: Duration) {
        #expect(Duration(configured: text) == expected)
    }

    @Test(arguments: [
        "", "1", "s", "1.5s", "-1s", "+1s", "1 s", " 1s", "1s ", "1S", "1M", "1us", "1w", "1h30m", "٣s", "1_0s", "0x1s",
        "99999999999999999999s", "9223372036854775807d", "1s\u{301}", "never",
    ])
    func `anything else is no duration`(_ text: String) {
        #expect(Duration(configured: text) == nil)
    }

    @Test(arguments: ["0", "1ms", "1500ms", "1s", "90s", "1m", "25h", "7d"])
    func `a duration is written as it is read`(_ text: String) {
        #expect(Duration(configured: text)?.configured == text)
    }

    @Test(arguments: [
        ("0", 0), ("1048576", 1_048_576), ("1B", 1), ("64KiB", 65_536), ("16MiB", 16_777_216), ("2GiB", 2_147_483_648),
        ("64kB", 64_000), ("64KB", 64_000), ("64MB", 64_000_000), ("1GB", 1_000_000_000),
    ])
    func `a size is a whole number of bytes, or has a unit`(_ text: String, _ expected: Int) throws {
        #expect(try ValueFormat<Int>.size(0...Int.max).read(text) == expected)
    }

    @Test(arguments: [
        "", "KiB", "1.5MiB", "-1", "1 MiB", "1kib", "1mb", "1M", "1TiB", "9999999999GiB", "99999999999999999999", "٣",
    ])
    func `anything else is no size`(_ text: String) {
        #expect(throws: Refusal.self) { try ValueFormat<Int>.size(0...Int.max).read(text) }
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("8080", "127.0.0.1", 8080), (":8080", "127.0.0.1", 8080),
        ("0", "127.0.0.1", 0), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65_535),
        ("my-host.example_1:1", "my-host.example_1", 1), ("[::ffff:127.0.0.1]:5", "::ffff:127.0.0.1", 5),
        ("0.0.0.0:1", "0.0.0.0", 1), ("3com.example:1", "3com.example", 1),
    ])
    func `an address is a host and a port`(_ text: String, _ host: String, _ port: Int) throws {
        #expect(try ValueFormat<BindAddress>.address.read(text) == BindAddress(host: host, port: port))
    }

    @Test(arguments: [
        "", ":", "a", "a:", "a:b", "a:-1", "a:+1", "a:65536", "a:99999999999999999999", "65536", "::1", "::1:80",
        "[::1]",
        "[::1:80", "::1]:80", "[]:80", "[a]:80", "[127.0.0.1]:80", "[::1%lo]:80", "1.2.3:80", "1.2.3.256:80",
        "1.2.3.4.:80",
        "a b:80", "a/b:80", "http://a:80", "ä:80", "127.0.0.1\0:80", "٣",
    ])
    func `anything else is no address`(_ text: String) {
        #expect(throws: Refusal.self) { try ValueFormat<BindAddress>.address.read(text) }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.255.254", true), ("::1", true), ("0:0:0:0:0:0:0:1", true), ("localhost", true),
        ("LocalHost", true), ("::ffff:127.0.0.1", true), ("::ffff:127.9.9.9", true), ("::ffff:7f00:1", true),
        ("0.0.0.0", false), ("::", false), ("128.0.0.1", false), ("10.0.0.1", false), ("::2", false),
        ("::127.0.0.1", false),
        ("::ffff:10.0.0.1", false), ("::ffff:0.0.0.0", false), ("localhost.example.org", false),
        ("127.0.0.1.example", false),
        ("fe80::1", false), ("", false), ("127.0.0.1\0", false), ("::1\0", false),
    ])
    func `only what stays on this machine is loopback`(_ host: String, _ expected: Bool) {
        #expect(BindAddress(host: host, port: 1).isLoopback == expected)
    }

    @Test(arguments: ["127.0.0.1:8080", "[::1]:8080", "localhost:0"])
    func `an address is written as it is read`(_ text: String) throws {
        #expect(try ValueFormat<BindAddress>.address.read(text).description == text)
    }

    @Test(arguments: [
        ("plain", "plain"), ("${A}", "one"), ("x${A}y${B}z", "xoneytwoz"), ("${A}${A}", "oneone"), ("$${A}", "${A}"),
        ("$$${A}", "$${A}"), ("$A $ $$ }", "$A $ $$ }"), ("${EMPTY}", ""), ("${NESTED}", "${A}"), ("${_a1}", "under"),
        ("é${A}\u{301}", "éone\u{301}"), ("a$", "a$"), ("$${", "${"), ("$${A${A}", "${Aone"),
    ])
    func `a variable in a value is the environment's`(_ text: String, _ expected: String) throws {
        let environment = ["A": "one", "B": "two", "EMPTY": "", "NESTED": "${A}", "_a1": "under"]
        #expect(try Interpolation.expand(text, environment) == expected)
    }

    @Test(arguments: [
        ("a\n${NOPE}", "the variable NOPE is not set in the environment"),
        ("${a", #""${a" opens a ${ that no } closes; a literal ${ is written $${"#),
        ("${}", #""" in ${…} is not the name of a variable; a literal ${ is written $${"#),
        ("${A-x}", #""A-x" in ${…} is not the name of a variable; a literal ${ is written $${"#),
        ("${1}", #""1" in ${…} is not the name of a variable; a literal ${ is written $${"#),
        ("${A:-b}", #""A:-b" in ${…} is not the name of a variable; a literal ${ is written $${"#),
    ])
    func `a variable that is unset or misspelled is refused`(_ text: String, _ expected: String) throws {
        let refusal = try #require(throws: Refusal.self) { try Interpolation.expand(text, ["A": "one"]) }
        #expect(refusal.message == expected)
    }

    @Test(arguments: [
        ("listne", "listen"), ("Listen", "listen"), ("lsten", "listen"), ("listenn", "listen"), ("lisen", "listen"),
        ("adimn", "admin"), ("listener", "listen"), ("", nil), ("lo", "log"), ("og", "log"), ("ab", nil), ("f", "of"),
        ("nonsense", nil), ("logs", "log"), ("k", nil),
        ("listening", nil),
    ])
    func `a mistyped name is told from another one`(_ name: String, _ expected: String?) {
        #expect(Suggestion.nearest(to: name, among: ["listen", "admin", "log", "of"]) == expected)
    }
}
