import MartletRedis
import Testing

@Suite("RedisURL")
struct RedisURLTests {
    private static let table: [(text: String, url: RedisURL)] = [
        ("redis://localhost", RedisURL(address: .host("localhost", port: 6379))),
        ("REDIS://127.0.0.1:7000/3", RedisURL(address: .host("127.0.0.1", port: 7000), database: 3)),
        ("redis://host/", RedisURL(address: .host("host", port: 6379))),
        ("redis://host:/", RedisURL(address: .host("host", port: 6379))),
        ("redis://[::1]:6380/15", RedisURL(address: .host("::1", port: 6380), database: 15)),
        ("redis://[fe80::1%eth0]", RedisURL(address: .host("fe80::1%eth0", port: 6379))),
        ("rediss://db.example", RedisURL(address: .host("db.example", port: 6379), isTLS: true)),
        ("redis://:secret@h", RedisURL(address: .host("h", port: 6379), password: "secret")),
        ("redis://app:secret@h:1", RedisURL(address: .host("h", port: 1), user: "app", password: "secret")),
        ("redis://app@h", RedisURL(address: .host("h", port: 6379), user: "app", password: "")),
        ("redis://@h", RedisURL(address: .host("h", port: 6379))),
        (
            "rediss://a%3Ab:p%40%2F%3f%25%C3%A9@h/1",
            RedisURL(address: .host("h", port: 6379), isTLS: true, user: "a:b", password: "p@/?%é", database: 1)
        ),
        ("redis://u:a:b@c@h", RedisURL(address: .host("h", port: 6379), user: "u", password: "a:b@c")),
        // A colon and an accent are one `Character`.
        ("redis://u:\u{301}x@h", RedisURL(address: .host("h", port: 6379), user: "u", password: "\u{301}x")),
        ("redis+unix:///run/redis.sock", RedisURL(address: .unixSocket(path: "/run/redis.sock"))),
        ("redis+unix:///run/redis.sock?db=2", RedisURL(address: .unixSocket(path: "/run/redis.sock"), database: 2)),
        ("unix:///a%20b?db=", RedisURL(address: .unixSocket(path: "/a b"))),
        (
            "unix://me:pw@/s?db=7",
            RedisURL(address: .unixSocket(path: "/s"), user: "me", password: "pw", database: 7)
        ),
    ]

    @Test("reads", arguments: Self.table.indices)
    func reads(index: Int) throws {
        let (text, url) = Self.table[index]
        #expect(try RedisURL(text) == url, "\(text)")
    }

    @Test(
        "refuses, says what is expected and repeats nothing",
        arguments: [
            ("", "begins with redis://"), ("localhost", "begins with redis://"),
            ("redis:/secret", "begins with redis://"),
            ("http://secret", "begins with redis://"), ("redis://", "a host"), ("redis://:secret@", "a host"),
            ("redis://:6379", "a host"), ("redis://h secret", "a host of letters"), ("redis://h:secret", "a port"),
            ("redis://h:0", "a port"), ("redis://h:65536", "a port"), ("redis://h:99999999999999999999", "a port"),
            ("redis://h:+1", "a port"), ("redis://:secret/more@h", "a host"), ("redis://u:sec?ret@h", "no ?"),
            ("redis://u:sec/ret@h", "a port"), ("redis://u:sec#ret@h/#secret", "the number of a database"),
            ("redis://h/secret", "the number of a database"), ("redis://h/-1", "the number of a database"),
            ("redis://h/1/2", "the number of a database"), ("redis://h/99999999999", "the number of a database"),
            ("redis://h?db=1", "no ?"), ("redis://[::1", "a host"), ("redis://[::1]secret", "IPv6"),
            ("redis://[secret]", "IPv6"), ("redis://[::secret ]", "IPv6"), ("redis://:%zz@h", "two hexadecimal digits"),
            ("redis://:%4@h", "two hexadecimal digits"), ("redis://:%FF@h", "UTF-8"), ("redis://:%00@h", "NUL"),
            ("unix://", "absolute path"), ("unix://secret", "absolute path"), ("unix:///", "absolute path"),
            ("unix:///s?secret=1", "db=N"), ("unix:///s?db=secret", "the number"),
            ("unix:///" + String(repeating: "a", count: 103), "103 bytes"),
        ]
    )
    func refuses(text: String, expectation: String) throws {
        let error = try #require(throws: RedisError.self) { _ = try RedisURL(text) }
        #expect(error.code == .configuration)
        #expect(error.message.contains(expectation), "\(error)")
        #expect(!error.message.contains("secret") && !error.message.contains("ret@"))
    }

    @Test(
        "describes itself without user and password",
        arguments: [
            ("redis://app:secret@h:1/2", "redis://h:1/2"), ("rediss://secret@[::1]", "rediss://[::1]:6379/0"),
            ("unix://app:secret@/run/s?db=3", "redis+unix:///run/s?db=3"),
        ]
    )
    func description(text: String, expected: String) throws {
        let url = try RedisURL(text)
        #expect("\(url)" == expected)
        #expect(String(reflecting: url) == expected)
        var dumped = ""
        dump(url, to: &dumped)
        dump(RedisClient.Configuration(url: url), to: &dumped)
        #expect(!dumped.contains("secret") && !"\(RedisClient.Configuration(url: url))".contains("secret"))
    }
}
