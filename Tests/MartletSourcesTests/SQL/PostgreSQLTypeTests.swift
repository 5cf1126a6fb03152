#if PostgreSQL
import Testing

@testable import MartletSources

@Suite("Types of PostgreSQL", .enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
struct PostgreSQLTypeTests {
    static let table: [(String, SQLValue)] = [
        ("NULL::integer", .null),
        ("true", .boolean(true)),
        ("false", .boolean(false)),
        ("(-32768)::int2", .integer(-32768)),
        ("2147483647", .integer(2_147_483_647)),
        ("9223372036854775807", .integer(.max)),
        ("'-9223372036854775808'::int8", .integer(.min)),
        ("0.1::float4", .real(0.1)),
        ("0.1::float8", .real(0.1)),
        ("1e300::float8", .real(1e300)),
        ("'NaN'::float8", .text("NaN")),
        ("'Infinity'::float8", .text("Infinity")),
        ("'-Infinity'::float4", .text("-Infinity")),
        ("12345678901234567890.123456789", .number("12345678901234567890.123456789")),
        ("1.50::numeric(10,2)", .number("1.50")),
        ("-0.5", .number("-0.5")),
        ("'NaN'::numeric", .text("NaN")),
        ("'Infinity'::numeric", .text("Infinity")),
        ("'{\"a\": [1, null]}'::json", .json("{\"a\": [1, null]}")),
        ("'{\"a\":[1,null]}'::jsonb", .json("{\"a\": [1, null]}")),
        ("'\\x00ff41'::bytea", .bytes([0, 255, 65])),
        ("''::bytea", .bytes([])),
        ("'\u{1F426} é'::text", .text("\u{1F426} é")),
        ("'ab'::char(4)", .text("ab  ")),
        ("'2026-11-22'::date", .text("2026-11-22")),
        ("'2026-11-22 15:04:05.5'::timestamp", .text("2026-11-22T15:04:05.5")),
        ("'2026-11-22 15:04:05+00'::timestamptz", .text("2026-11-22T15:04:05Z")),
        ("'infinity'::timestamptz", .text("infinity")),
        ("'0044-03-15 12:00:00+00 BC'::timestamptz", .text("0044-03-15 12:00:00+00 BC")),
        ("'15:04:05'::time", .text("15:04:05")),
        ("'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", .text("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
        ("'192.168.0.1'::inet", .text("192.168.0.1")),
        ("ARRAY[1,NULL,3]", .json("[1,null,3]")),
        ("ARRAY[[1,2],[3,4]]", .json("[[1,2],[3,4]]")),
        ("'[0:1]={5,6}'::int[]", .json("[5,6]")),
        ("'{}'::int[]", .json("[]")),
        ("ARRAY[true,false]", .json("[true,false]")),
        ("ARRAY[1.50,2]::numeric[]", .json("[1.50,2]")),
        ("ARRAY['NaN',0.5]::float8[]", .json("[\"NaN\",0.5]")),
        (
            "ARRAY['a','b c','\"','\\','NULL',NULL,'','{}',E'\\n\\x01']",
            .json(#"["a","b c","\"","\\","NULL",null,"","{}","\u000a\u0001"]"#)
        ),
        ("ARRAY['2026-11-22 15:04:05+00'::timestamptz]", .json("[\"2026-11-22T15:04:05Z\"]")),
        ("ARRAY['{\"a\":1}'::jsonb]", .json("[{\"a\": 1}]")),
        ("ARRAY['1 day'::interval]", .text("{\"1 day\"}")),
        ("ROW(1,'a')", .text("(1,a)")),
    ]

    @Test("A column becomes a value", arguments: Self.table)
    func value(_ expression: String, _ value: SQLValue) async throws {
        let engine = try PostgreSQLEngine(try await PostgreSQLServer.shared.value.url())
        _ = try await engine.rows("SET timezone = 'UTC'")
        let rows = try await engine.rows("SELECT \(expression) AS v")
        #expect(rows == [SQLRow(columns: [SQLRow.Column(name: "v", value: value)])])
        await engine.close()
    }

    @Test(
        "A zone's offset is written out",
        arguments: [
            ("2026-11-22 15:04:05.123+00", "2026-11-22T15:04:05.123Z"),
            ("2026-11-22 15:04:05+01", "2026-11-22T15:04:05+01:00"),
            ("2026-11-22 15:04:05-03:30", "2026-11-22T15:04:05-03:30"),
            ("1800-01-01 00:19:32+00:19:32", "1800-01-01T00:19:32+00:19:32"),
            ("2026-11-22 15:04:05", "2026-11-22T15:04:05"),
            ("-infinity", "-infinity"),
            ("10000-01-01 00:00:00+00", "10000-01-01T00:00:00Z"),
        ]
    )
    func zones(_ text: String, _ iso: String) {
        #expect(PostgreSQLType.iso8601(text) == iso)
    }

    static let arguments: [(String, SQLValue, SQLValue)] = [
        ("$1::int", .integer(-5), .integer(-5)),
        ("$1::int", .text("7"), .integer(7)),
        ("$1::text", .null, .null),
        ("$1::bool", .boolean(true), .boolean(true)),
        ("$1::float8", .real(1e-7), .real(1e-7)),
        ("$1::float8", .real(.infinity), .text("Infinity")),
        ("$1::numeric", .number("1.10"), .number("1.10")),
        ("$1::jsonb", .json("[1]"), .json("[1]")),
        ("$1::bytea", .bytes([0, 1, 254]), .bytes([0, 1, 254])),
        ("2 = ANY($1)", .list(["1", "2"]), .boolean(true)),
        ("3 = ANY($1)", .list([]), .boolean(false)),
    ]

    @Test("A parameter is what it was", arguments: Self.arguments)
    func argument(_ expression: String, _ argument: SQLValue, _ value: SQLValue) async throws {
        let engine = try PostgreSQLEngine(try await PostgreSQLServer.shared.value.url())
        #expect(try await engine.value("SELECT \(expression)", [argument]) == value)
        await engine.close()
    }
}
#endif
