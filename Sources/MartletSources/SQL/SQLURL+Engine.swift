extension SQLURL {
    /// An engine for the database; it connects when it is first asked.
    ///
    /// - Throws: ``SQLError`` if this build has none for it, or the process can't have another one.
    package func makeEngine() throws(SQLError) -> any SQLEngine {
        switch self.engine {
        case .sqlite:
            return SQLiteEngine(path: self.database ?? "")
        case .postgreSQL:
            #if PostgreSQL
            return try PostgreSQLEngine(self)
            #else
            throw SQLError(.query, "this build has no PostgreSQL; build it with the trait PostgreSQL")
            #endif
        case .mySQL:
            #if MySQL
            return try MySQLEngine(self)
            #else
            throw SQLError(.query, "this build has no MySQL; build it with the trait MySQL")
            #endif
        }
    }
}
