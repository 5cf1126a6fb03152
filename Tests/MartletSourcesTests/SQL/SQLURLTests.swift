import Testing

@testable import MartletSources

@Suite("URLs of databases")
struct SQLURLTests {
    static let table: [(String, SQLURL, String)] = [
        ("sqlite:app.db", SQLURL(engine: .sqlite, database: "app.db"), "sqlite:app.db"),
        ("sqlite:/srv/my%20app.db", SQLURL(engine: .sqlite, database: "/srv/my app.db"), "sqlite:/srv/my%20app.db"),
        ("SQLite:///srv/app.db", SQLURL(engine: .sqlite, database: "/srv/app.db"), "sqlite:/srv/app.db"),
        ("sqlite:a%3Fb", SQLURL(engine: .sqlite, database: "a?b"), "sqlite:a%3Fb"),
        ("postgresql://", SQLURL(engine: .postgreSQL), "postgresql:///"),
        ("postgres://localhost", SQLURL(engine: .postgreSQL, host: "localhost"), "postgresql://localhost/"),
        (
            "postgresql://me:s%40c:r%2Ft@db.example:5433/app?sslmode=require&application_name=a%20b",
            SQLURL(
                engine: .postgreSQL,
                user: "me",
                password: "s@c:r/t",
                host: "db.example",
                port: 5433,
                database: "app",
                options: [.init(name: "sslmode", value: "require"), .init(name: "application_name", value: "a b")]
            ),
            "postgresql://me@db.example:5433/app"
        ),
        (
            "postgresql://me:p@ss@host/app",
            SQLURL(engine: .postgreSQL, user: "me", password: "p@ss", host: "host", database: "app"),
            "postgresql://me@host/app"
        ),
        (
            "postgresql://me:@[::1]:5432/app",
            SQLURL(engine: .postgreSQL, user: "me", password: "", host: "::1", port: 5432, database: "app"),
            "postgresql://me@[::1]:5432/app"
        ),
        (
            "postgresql:///app?host=/run/postgresql&port=5433&user=me&password=x%26y",
            SQLURL(
                engine: .postgreSQL,
                user: "me",
                password: "x&y",
                host: "/run/postgresql",
                port: 5433,
                database: "app"
            ),
            "postgresql://me@%2Frun%2Fpostgresql:5433/app"
        ),
        (
            "postgresql://%2Frun%2Fpostgresql/app",
            SQLURL(engine: .postgreSQL, host: "/run/postgresql", database: "app"),
            "postgresql://%2Frun%2Fpostgresql/app"
        ),
        (
            "mysql://root@localhost/app?socket=/run/mysqld/mysqld.sock",
            SQLURL(engine: .mySQL, user: "root", host: "/run/mysqld/mysqld.sock", database: "app"),
            "mysql://root@%2Frun%2Fmysqld%2Fmysqld.sock/app"
        ),
        (
            "mariadb://me:x@db:3307/a%2Fb?sslmode=verify-full&sslrootcert=/etc/ca.pem",
            SQLURL(
                engine: .mySQL,
                user: "me",
                password: "x",
                host: "db",
                port: 3307,
                database: "a/b",
                options: [
                    .init(name: "sslmode", value: "verify-full"), .init(name: "sslrootcert", value: "/etc/ca.pem"),
                ]
            ),
            "mysql://me@db:3307/a%2Fb"
        ),
    ]

    @Test("A URL is read, and described without its password", arguments: Self.table)
    func read(_ text: String, _ url: SQLURL, _ description: String) throws {
        let read = try SQLURL(text)
        #expect(read == url)
        #expect("\(read)" == description)
        #expect("\(read)" == String(reflecting: read))
        var dumped = ""
        dump(read, to: &dumped)
        if let password = url.password, !password.isEmpty { #expect(!dumped.contains(password)) }
        #expect(try SQLURL("\(read)").database == url.database)
    }

    @Test(
        "What is no URL of a database is refused, without what may be a secret",
        arguments: [
            ("", "no URL of a database"),
            ("app.db", "no URL of a database"),
            ("secret:word@host", "scheme is not one of"),
            ("oracle://host/db", "scheme is not one of"),
            ("sqlite:", "without a path"),
            ("sqlite://host/app.db", "takes no host"),
            ("sqlite:app.db?mode=ro", "takes no options"),
            ("sqlite::memory:", "nobody else can write to"),
            ("sqlite:a%00b", "is no text"),
            ("postgresql:app", "comes ://"),
            ("postgresql://h/a/b", "database's name alone"),
            ("postgresql://h/a#b", "written %23"),
            ("postgresql://h:x/a", "port is a number"),
            ("postgresql://h:0/a", "port is a number"),
            ("postgresql://h:65536/a", "port is a number"),
            ("postgresql://h:+1/a", "port is a number"),
            ("postgresql://u:se/cret@h/a", "port is a number"),
            ("postgresql://a,b/c", "names one host"),
            ("postgresql://[::1/c", "written [::1]"),
            ("postgresql://[secret]/c", "written [::1]"),
            ("postgresql://u:%zz@h/a", "% in the URL's password"),
            ("postgresql://u:%FF@h/a", "URL's password is no text"),
            ("postgresql://u%00@h/a", "URL's user is no text"),
            ("postgresql://h/a?sslmode=yes", "sslmode of the URL is not one of disable"),
            ("postgresql://h/a?secret=1", "option that is not one of application_name"),
            ("mysql://h", "names no database"),
            ("mysql://h/a?host=b", "option that is not one of sslcert"),
        ]
    )
    func refused(_ text: String, _ part: String) throws {
        let error = try #require(throws: SQLURLError.self) { try SQLURL(text) }
        #expect(error.message.contains(part))
        #expect(!error.message.contains("secret") && !error.message.contains("cret@"))
    }
}
