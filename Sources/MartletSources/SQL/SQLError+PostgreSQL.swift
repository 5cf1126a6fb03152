#if PostgreSQL
import CPostgreSQL

extension SQLError {
    /// What the server answered to a query: its message, its hint and the five characters of SQLSTATE.
    init(result: OpaquePointer, url: SQLURL) {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue!)).map { String(cString: $0) }
        }
        // PG_DIAG_SQLSTATE, PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_MESSAGE_HINT. The detail may hold the rows' values.
        let state = field("C") ?? ""
        let message = field("M") ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "failed"
        let hint = field("H").map { " (\($0))" } ?? ""
        self.init(
            Self.mayPass(sqlState: state) ? .unavailable : .query,
            "\(url): \(message)\(hint)" + (state.isEmpty ? "" : " [\(state)]")
        )
    }

    /// The classes of connection trouble, rollbacks of a conflict, lacking resources, an operator's intervention, among
    /// them a query that took too long, and trouble of the system: another try may help (PostgreSQL documentation, appendix A).
    private static func mayPass(sqlState: String) -> Bool {
        // The exception: a violation of the protocol, which is what the wrong number of parameters is.
        guard sqlState != "08P01" else { return false }
        return sqlState == "55P03" || ["08", "40", "53", "57", "58"].contains { sqlState.hasPrefix($0) }
    }
}
#endif
