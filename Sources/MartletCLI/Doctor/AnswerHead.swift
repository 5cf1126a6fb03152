/// The head of an answer, as it was seen. Without types of the network, so that judging it needs none.
struct AnswerHead: Equatable, Sendable {
    var status: Int
    /// The reason phrase.
    var reason = ""
    /// `1.0`, `1.1` or `2`.
    var version = "1.1"
    var fields: [Field] = []

    struct Field: Equatable, Sendable {
        let name: String
        let value: String
    }

    init(status: Int, reason: String = "", version: String = "1.1", fields: [(String, String)] = []) {
        self.status = status
        self.reason = reason
        self.version = version
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    }

    /// All values of a field, in order.
    func all(_ name: String) -> [String] {
        self.fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    func first(_ name: String) -> String? { self.all(name).first }

    /// The items of a field that is a list, in lower case (RFC 9110 §5.6.1).
    func list(_ name: String) -> [String] {
        self.all(name).flatMap { $0.split(separator: ",") }
            .map { $0.drop(while: \.isWhitespace).lowercased() }
            .map { String($0.reversed().drop(while: \.isWhitespace).reversed()) }
            .filter { !$0.isEmpty }
    }

    /// The content type without its parameters.
    var mediaType: String? {
        self.first("Content-Type").map { value in
            value.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        }
    }

    var isEventStream: Bool { self.status == 200 && self.mediaType == "text/event-stream" }

    /// What the body is compressed with; `nil` if it isn't.
    var encoding: String? {
        let codings = self.list("Content-Encoding").filter { $0 != "identity" }
        return codings.isEmpty ? nil : codings.joined(separator: ", ")
    }

    var isRedirect: Bool { [301, 302, 303, 307, 308].contains(self.status) }
}
