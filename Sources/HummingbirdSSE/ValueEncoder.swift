import Foundation
import Hummingbird
import ServerSentEvents

/// Makes data of what a closure returns or sends. One for each stream.
struct ValueEncoder: Sendable {
    private let json: JSONEncoder

    /// Writes JSON as the application's other routes do.
    init(_ context: some RequestContext) {
        if let json = context.responseEncoder as? JSONEncoder {
            self.json = json
        } else {
            self.json = JSONEncoder()
            self.json.dateEncodingStrategy = .iso8601
        }
    }

    /// The value as data: text as it is, anything else as JSON; nil for nil, however deep in optionals.
    func data(_ value: any Encodable) throws -> String? {
        if let text = value as? String { return text }
        if let optional = value as? any OptionalValue { return try optional.wrapped.flatMap { try self.data($0) } }
        return String(decoding: try self.json.encode(value), as: UTF8.self)
    }
}

/// An optional, to look into without knowing what it may hold.
private protocol OptionalValue {
    var wrapped: (any Encodable)? { get }
}

extension Optional: OptionalValue where Wrapped: Encodable {
    fileprivate var wrapped: (any Encodable)? { self }
}
