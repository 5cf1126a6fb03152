/// Tells when a database says that something has changed: `LISTEN` and `NOTIFY` of PostgreSQL, the only one that can.
///
/// It listens on a connection of its own while ``run(changed:interrupted:)`` runs, in the task that runs it.
package struct SQLNotifier: Sendable {
    private let url: SQLURL
    private let channel: String

    /// Makes a notifier; it connects when it runs.
    ///
    /// - Throws: ``SQLError`` if the database has no such thing, or this build no such database.
    package init(_ url: SQLURL, channel: String) throws(SQLError) {
        guard url.engine == .postgreSQL else {
            throw SQLError(.query, "only PostgreSQL says when something has changed (LISTEN)")
        }
        #if !PostgreSQL
        throw SQLError(.query, "this build has no PostgreSQL; build it with the trait PostgreSQL")
        #else
        self.url = url
        self.channel = channel
        #endif
    }

    /// Listens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - changed: called when somebody notifies, and whenever listening begins, since notifications before were missed.
    ///   - interrupted: called when there is no connection; it is tried again.
    package func run(
        changed: @Sendable () -> Void,
        interrupted: @Sendable (SQLError) -> Void
    ) async {
        #if PostgreSQL
        let engine: PostgreSQLEngine
        do throws(SQLError) {
            engine = try PostgreSQLEngine(self.url)
        } catch {
            return interrupted(error)
        }
        do throws(SQLError) {
            for await notice in try engine.listen(channels: [self.channel]) {
                switch notice {
                case .listening, .notification: changed()
                case .interrupted(let error): interrupted(error)
                }
            }
        } catch {
            interrupted(error)
        }
        await engine.close()
        #endif
    }
}
