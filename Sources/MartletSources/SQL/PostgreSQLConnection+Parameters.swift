#if PostgreSQL
import CPostgreSQL

extension PostgreSQLConnection {
    /// Begins to connect.
    static func start(_ url: SQLURL) -> OpaquePointer? {
        let parameters = Self.parameters(of: url)
        return withCStrings(parameters.map(\.0)) { names in
            withCStrings(parameters.map(\.1)) { values in
                PQconnectStartParams(names, values, 0)
            }
        }
    }

    private static func parameters(of url: SQLURL) -> [(String, String)] {
        var parameters = [
            ("application_name", "martlet"), ("client_encoding", "UTF8"),
            // A host that vanished without a word is found out within a minute, also by a connection that only listens.
            ("keepalives", "1"), ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
        ]
        if let user = url.user { parameters.append(("user", user)) }
        if let password = url.password { parameters.append(("password", password)) }
        if let host = url.host { parameters.append(("host", host)) }
        if let port = url.port { parameters.append(("port", String(port))) }
        if let database = url.database { parameters.append(("dbname", database)) }
        // Of a name that comes twice libpq takes the last.
        return parameters + url.options.map { ($0.name, $0.value) }
    }
}

/// Calls `body` with C strings and a null pointer after the last; a `nil` text is a null pointer.
func withCStrings<Result>(
    _ texts: [String?],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    var bytes: [CChar] = []
    let offsets = texts.map { text -> Int? in
        guard let text else { return nil }
        defer { bytes += text.utf8CString }
        return bytes.count
    }
    return bytes.withUnsafeBufferPointer { bytes in
        let pointers = offsets.map { offset in offset.flatMap { bytes.baseAddress?.advanced(by: $0) } } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
#endif
