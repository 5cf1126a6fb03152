import Foundation
import GRDB
import Synchronization

/// A file of another program's, read and never written.
package final class SQLiteEngine: SQLEngine {
    /// More than this is no value for a page to show.
    private static let maxRows = 10_000

    package let placeholders = SQLPlaceholders.questionMarks
    private let path: String
    private let opened = Mutex<(queue: DatabaseQueue, file: FileIdentity?)?>(nil)

    /// Which file a path leads to: one that was put in its place is another.
    private struct FileIdentity: Equatable {
        var device: UInt64
        var number: UInt64

        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            self.device = UInt64(status.st_dev)
            self.number = UInt64(status.st_ino)
        }
    }

    /// Makes an engine; the file is opened when it is first asked.
    package init(path: String) {
        self.path = path
    }

    package func run(_ queries: [SQLStatement]) async -> [Result<[SQLRow], SQLError>] {
        do {
            return try await self.open().read { db in queries.map { query in self.rows(of: query, in: db) } }
        } catch {
            // The next one opens it anew: the file may have been replaced.
            await self.close()
            return queries.map { _ in .failure(self.error(error)) }
        }
    }

    package func close() async {
        self.opened.withLock { $0 = nil }
    }

    private func open() throws -> DatabaseQueue {
        try self.opened.withLock { opened in
            let file = FileIdentity(path: self.path)
            if let opened, opened.file == file { return opened.queue }
            var configuration = Configuration()
            configuration.readonly = true
            configuration.label = "martlet.source"
            // Its owner may be writing; that takes moments.
            configuration.busyMode = .timeout(2)
            let queue = try DatabaseQueue(path: self.path, configuration: configuration)
            opened = (queue, file)
            return queue
        }
    }

    private func rows(of query: SQLStatement, in db: Database) -> Result<[SQLRow], SQLError> {
        // GRDB would end the text there, and it would be another one.
        if let argument = query.argumentWithNUL {
            return .failure(SQLError(.query, "\(self.path): parameter \(argument) holds a NUL"))
        }
        do {
            let statement = try db.cachedStatement(sql: query.text)
            let cursor = try Row.fetchCursor(
                statement,
                arguments: StatementArguments(query.arguments.map(\.databaseValue))
            )
            var rows: [SQLRow] = []
            while let row = try cursor.next() {
                guard rows.count < Self.maxRows else {
                    return .failure(SQLError(.query, "the query returns more than \(Self.maxRows) rows"))
                }
                rows.append(SQLRow(row))
            }
            return .success(rows)
        } catch {
            return .failure(self.error(error))
        }
    }

    private func error(_ error: any Error) -> SQLError {
        guard let error = error as? DatabaseError else { return SQLError(.unavailable, "\(self.path): \(error)") }
        let message = error.message ?? "SQLite's error \(error.resultCode.rawValue)"
        switch error.resultCode.primaryResultCode {
        case .SQLITE_ERROR, .SQLITE_RANGE, .SQLITE_MISMATCH, .SQLITE_AUTH, .SQLITE_READONLY, .SQLITE_TOOBIG:
            return SQLError(.query, "\(self.path): \(message)")
        default:
            return SQLError(.unavailable, "\(self.path): \(message)")
        }
    }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .boolean(let value): value.databaseValue
        case .integer(let value): value.databaseValue
        case .real(let value): value.databaseValue
        case .number(let text), .text(let text), .json(let text): text.databaseValue
        case .bytes(let bytes): bytes.withUnsafeBytes { Data($0) }.databaseValue
        case .list(let texts): texts.joined(separator: ",").databaseValue
        }
    }
}

extension SQLRow {
    fileprivate init(_ row: Row) {
        self.init(
            columns: row.map { name, value in
                let value: SQLValue =
                    switch value.storage {
                    case .null: .null
                    case .int64(let number): .integer(number)
                    case .double(let number): .real(number)
                    case .string(let text): .text(text)
                    case .blob(let data): .bytes(Array(data))
                    }
                return SQLRow.Column(name: name, value: value)
            }
        )
    }
}
