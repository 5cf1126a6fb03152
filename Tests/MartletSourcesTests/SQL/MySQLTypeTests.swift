#if MySQL
import Testing

@testable import MartletSources

@Suite("Types of MariaDB", .enabled(if: MariaDBServer.isInstalled, "MariaDB is not installed"))
struct MySQLTypeTests {
    static let columns: [(String, String, SQLValue)] = [
        ("tinyint(1)", "1", .integer(1)),
        ("tinyint", "-128", .integer(-128)),
        ("tinyint unsigned", "255", .integer(255)),
        ("smallint", "-32768", .integer(-32768)),
        ("mediumint", "-8388608", .integer(-8_388_608)),
        ("int", "2147483647", .integer(2_147_483_647)),
        ("int unsigned", "4294967295", .integer(4_294_967_295)),
        ("bigint", "-9223372036854775808", .integer(.min)),
        ("bigint unsigned", "18446744073709551615", .number("18446744073709551615")),
        ("year", "2026", .integer(2026)),
        ("float", "0.1", .real(0.1)),
        ("double", "1e300", .real(1e300)),
        ("decimal(30,9)", "12345678901234567890.123456789", .number("12345678901234567890.123456789")),
        ("decimal(4,2)", "-0.50", .number("-0.50")),
        ("bit(1)", "b'1'", .integer(1)),
        ("bit(10)", "b'1000000001'", .integer(513)),
        ("char(4)", "'ab'", .text("ab")),
        ("varchar(20)", "'\u{1F426} é'", .text("\u{1F426} é")),
        ("text", "''", .text("")),
        ("longtext", "repeat('x', 100000)", .text(String(repeating: "x", count: 100_000))),
        ("enum('a','b')", "'b'", .text("b")),
        ("set('a','b')", "'a,b'", .text("a,b")),
        ("binary(3)", "x'00ff41'", .bytes([0, 255, 65])),
        ("varbinary(3)", "''", .bytes([])),
        ("blob", "x'00ff41'", .bytes([0, 255, 65])),
        ("json", "'{\"a\": [1, null]}'", .json("{\"a\": [1, null]}")),
        ("date", "'2026-11-22'", .text("2026-11-22")),
        ("datetime", "'2026-11-22 15:04:05'", .text("2026-11-22T15:04:05")),
        ("datetime(3)", "'2026-11-22 15:04:05.5'", .text("2026-11-22T15:04:05.500")),
        ("timestamp(6) NULL", "'2026-11-22 15:04:05.000001'", .text("2026-11-22T15:04:05.000001")),
        ("datetime", "'0000-00-00 00:00:00'", .text("0000-00-00T00:00:00")),
        ("time", "'-838:59:59'", .text("-838:59:59")),
        ("time(2)", "'01:02:03.04'", .text("01:02:03.04")),
        ("uuid", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", .text("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
        ("int", "NULL", .null),
        ("text", "NULL", .null),
        (
            "point", "point(1,2)",
            .bytes([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 240, 63, 0, 0, 0, 0, 0, 0, 0, 64])
        ),
    ]

    @Test("A column becomes a value")
    func columns() async throws {
        let server = try await MariaDBServer.shared.value
        let list = Self.columns.indices.map { "c\($0) \(Self.columns[$0].0)" }.joined(separator: ", ")
        let values = Self.columns.map(\.1).joined(separator: ", ")
        try await server.sql("SET sql_mode=''; CREATE TABLE types (\(list)); INSERT INTO types VALUES (\(values))")
        let engine = try MySQLEngine(server.url())
        let row = try #require(try await engine.rows("SELECT * FROM types").first)
        for (index, column) in row.columns.enumerated() {
            #expect(
                column == SQLRow.Column(name: "c\(index)", value: Self.columns[index].2),
                "\(Self.columns[index].0)"
            )
        }
        await engine.close()
    }

    @Test(
        "An expression becomes a value",
        arguments: [
            ("NULL", .null), ("1 + 1", .integer(2)), ("1.5 + 1", .number("2.5")), ("1e0", .real(1)),
            ("'a'", .text("a")),
            ("count(*)", .integer(1)), ("x'41'", .bytes([65])), ("true", .integer(1)),
        ] as [(String, SQLValue)]
    )
    func expression(_ text: String, _ value: SQLValue) async throws {
        let engine = try MySQLEngine(try await MariaDBServer.shared.value.url())
        #expect(try await engine.value("SELECT \(text)") == value)
        await engine.close()
    }

    @Test(
        "A parameter is what it was",
        arguments: [
            ("?", .null, .null), ("?", .integer(-5), .integer(-5)), ("?", .boolean(true), .integer(1)),
            ("?", .real(0.1), .real(0.1)), ("CAST(? AS DECIMAL(30,9))", .number("1.10"), .number("1.100000000")),
            ("?", .json("[1]"), .text("[1]")), ("?", .bytes([0, 1, 254]), .bytes([0, 1, 254])),
            ("?", .bytes([]), .bytes([])),
            ("? = 5", .text("5"), .integer(1)),
        ] as [(String, SQLValue, SQLValue)]
    )
    func argument(_ expression: String, _ argument: SQLValue, _ value: SQLValue) async throws {
        let engine = try MySQLEngine(try await MariaDBServer.shared.value.url())
        #expect(try await engine.value("SELECT \(expression)", [argument]) == value)
        await engine.close()
    }
}
#endif
