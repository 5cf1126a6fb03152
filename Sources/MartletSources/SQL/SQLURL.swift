/// Where the database of an `sql` source is, and as whom to enter it.
///
/// ```swift
/// try SQLURL("sqlite:data/app.db")
/// try SQLURL("postgresql://user:password@host:5432/db?sslmode=require")
/// try SQLURL("postgresql:///db?host=/run/postgresql")
/// try SQLURL("mysql://user:password@host:3306/db")
/// try SQLURL("mariadb://user@localhost/db?socket=/run/mysqld/mysqld.sock")
/// ```
///
/// Parts are percent-decoded. The password is in no description and in no message.
package struct SQLURL: Sendable, Hashable {
    package enum Engine: Sendable, Hashable {
        case sqlite
        case postgreSQL
        case mySQL
    }

    /// A part of the query, by its decoded name.
    package struct Option: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var engine: Engine
    package var user: String?
    package var password: String?
    /// A name or an address without brackets; a text that begins with `/` is a Unix socket: its folder for PostgreSQL,
    /// itself for MySQL. `nil` leaves the choice to the library.
    package var host: String?
    /// `nil` is the engine's own.
    package var port: Int?
    /// The path of the file, for SQLite.
    package var database: String?
    /// In the order of the URL, without those that have a field above.
    package var options: [Option]

    package init(
        engine: Engine,
        user: String? = nil,
        password: String? = nil,
        host: String? = nil,
        port: Int? = nil,
        database: String? = nil,
        options: [Option] = []
    ) {
        self.engine = engine
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.database = database
        self.options = options
    }

    /// The value of the first option of a name.
    func option(_ name: String) -> String? { self.options.first { $0.name == name }?.value }
}

/// Why a text is no URL of a database, in a sentence that repeats neither the password nor what may be one.
package struct SQLURLError: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String
    package var description: String { self.message }

    init(_ message: String) {
        self.message = message
    }
}

extension SQLURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without the password and without options, which may hold secrets too.
    package var description: String {
        let database = Self.encoded(self.database ?? "", keeping: self.engine == .sqlite ? "/" : "")
        guard self.engine != .sqlite else { return "sqlite:\(database)" }
        let scheme = self.engine == .postgreSQL ? "postgresql" : "mysql"
        let user = self.user.map { Self.encoded($0) + "@" } ?? ""
        let host = self.host.map { $0.utf8.contains(UInt8(ascii: ":")) ? "[\($0)]" : Self.encoded($0) } ?? ""
        return "\(scheme)://\(user)\(host)\(self.port.map { ":\($0)" } ?? "")/\(database)"
    }

    package var debugDescription: String { self.description }

    /// Without children, so that a dump finds no password.
    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func encoded(_ text: String, keeping kept: String = "") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            case _ where kept.utf8.contains(byte): bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
