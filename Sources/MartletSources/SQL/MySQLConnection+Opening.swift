#if MySQL
import CMariaDB

extension MySQLConnection {
    func open() throws(SQLError) {
        self.set(MYSQL_OPT_CONNECT_TIMEOUT, seconds: self.limits.connect)
        // For each wait for the socket; the server's own limit comes first.
        self.set(MYSQL_OPT_READ_TIMEOUT, seconds: self.limits.patience)
        self.set(MYSQL_OPT_WRITE_TIMEOUT, seconds: self.limits.patience)
        self.set(MYSQL_SET_CHARSET_NAME, "utf8mb4")
        // A server must not be able to ask for files of this machine.
        self.set(MYSQL_OPT_LOCAL_INFILE, value: UInt32(0))
        self.set(MYSQL_OPT_MAX_ALLOWED_PACKET, value: UInt(max(1 << 20, self.limits.bytes * 2)))
        mysql_options4(self.handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "martlet")
        self.setTLS()
        let isSocket = self.url.host?.hasPrefix("/") == true
        // The library takes `localhost` for its default socket, whatever the port.
        if !isSocket, self.url.host != nil, self.url.host != "localhost" || self.url.port != nil {
            self.set(MYSQL_OPT_PROTOCOL, value: UInt32(MYSQL_PROTOCOL_TCP.rawValue))
        }
        let connected = mysql_real_connect(
            self.handle,
            isSocket ? "localhost" : self.url.host,
            self.url.user,
            self.url.password,
            self.url.database,
            UInt32(self.url.port ?? 0),
            isSocket ? self.url.host : nil,
            0
        )
        guard connected != nil else { throw self.openingFailure }
        try self.limitStatements()
    }

    private var openingFailure: SQLError {
        let message = String(cString: mysql_error(self.handle))
        return SQLError(.unavailable, "\(self.url): \(message) [\(mysql_errno(self.handle))]")
    }

    /// The server ends what takes too long. MySQL does so for SELECT alone.
    private func limitStatements() throws(SQLError) {
        let milliseconds = self.limits.statement.milliseconds
        let command =
            mariadb_connection(self.handle) != 0
            ? "SET SESSION max_statement_time = \(Double(milliseconds) / 1000)"
            : "SET SESSION max_execution_time = \(milliseconds)"
        guard mysql_real_query(self.handle, command, UInt(command.utf8.count)) == 0 else { throw self.openingFailure }
    }

    private func setTLS() {
        let mode = self.url.option("sslmode") ?? "prefer"
        if let path = self.url.option("sslrootcert") { self.set(MYSQL_OPT_SSL_CA, path) }
        if let path = self.url.option("sslcert") { self.set(MYSQL_OPT_SSL_CERT, path) }
        if let path = self.url.option("sslkey") { self.set(MYSQL_OPT_SSL_KEY, path) }
        if mode == "require" || mode.hasPrefix("verify") { self.set(MYSQL_OPT_SSL_ENFORCE, flag: true) }
        // The library knows one kind of verification, with the host's name.
        self.set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, flag: mode.hasPrefix("verify"))
    }

    private func set(_ option: mysql_option, _ text: String) { mysql_options(self.handle, option, text) }

    private func set(_ option: mysql_option, flag: Bool) { self.set(option, value: my_bool(flag ? 1 : 0)) }

    private func set(_ option: mysql_option, seconds: Duration) {
        self.set(option, value: UInt32(clamping: (seconds.milliseconds + 999) / 1000))
    }

    private func set(_ option: mysql_option, value: some BitwiseCopyable) {
        withUnsafeBytes(of: value) { _ = mysql_options(self.handle, option, $0.baseAddress) }
    }
}
#endif
