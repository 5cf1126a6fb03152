import Foundation
public import Martlet

extension Update {
    /// Makes an update whose data is a value as JSON, on one line.
    ///
    /// ```swift
    /// struct Unread: Encodable { var unread: Int }
    /// try await hub.publish(Update(topic: "users/42/notices", json: Unread(unread: 3), isPrivate: true))
    /// ```
    ///
    /// - Parameters:
    ///   - topic: the topic's name.
    ///   - value: what `JSONEncoder` makes the data of; dates are written as RFC 3339 has them.
    ///   - id: the publisher's own id, or nil to be given one.
    ///   - type: the event's type, or nil for `message`.
    ///   - retry: after how many milliseconds a client shall reconnect, or nil to leave that as it is.
    ///   - isPrivate: whether only those may see it who were granted the topic.
    /// - Throws: what encoding threw, or `UpdateError` as the other initialisers do.
    public init(
        topic: String,
        json value: some Encodable,
        id: String? = nil,
        type: String? = nil,
        retry: Int? = nil,
        isPrivate: Bool = false
    ) throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.withoutEscapingSlashes]
        let data = String(decoding: try encoder.encode(value), as: UTF8.self)
        try self.init(topic: topic, data: data, id: id, type: type, retry: retry, isPrivate: isPrivate)
    }
}
