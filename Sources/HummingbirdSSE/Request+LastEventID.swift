import HTTPTypes
import Hummingbird
import HummingbirdCore
import ServerSentEvents

extension Request {
    /// The id that the client received last, if it says one that an event can have had.
    ///
    /// From the header, or else from the query: for clients that can't set headers, and resume on their own.
    var lastEventID: String? {
        let header = HTTPField.Name("Last-Event-ID").flatMap { self.headers[$0] }
        let parameter = self.uri.queryParameters["lastEventID"].map { String($0) }
        guard let id = [header, parameter].compactMap({ $0 }).first(where: { !$0.isEmpty }) else { return nil }
        do {
            try EventEncoder.validate(id: id)
            return id
        } catch {
            return nil
        }
    }
}
