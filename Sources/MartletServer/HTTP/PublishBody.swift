import Foundation
import HTTPTypes
import Martlet
import NIOCore

/// Reads the updates in a publisher's request.
enum PublishBody {
    /// The most updates in one request of JSON lines.
    static let maxUpdates = 10_000

    /// Reads `body` as its content type and target say.
    static func updates(
        in body: ByteBuffer,
        target: HubRequest.Target,
        contentType: String?
    ) throws(RequestError) -> [Update] {
        do {
            switch target {
            case .topic(let path, let query):
                return [try self.raw(body, topic: HubRequest.Target.topic(path), query: query)]
            case .hub, .subscriptions:
                switch self.mediaType(contentType) {
                case "application/x-www-form-urlencoded", nil: return [try self.form(body)]
                case "application/x-ndjson", "application/ndjson", "application/jsonl": return try self.lines(body)
                case .some(let other):
                    throw RequestError(
                        .unsupportedMediaType,
                        "A body of \"\(other.prefix(100))\" cannot be published: send a form "
                            + "(application/x-www-form-urlencoded) or JSON lines (application/x-ndjson)."
                    )
                }
            }
        } catch {
            throw RequestError(reading: error)
        }
    }

    private static func mediaType(_ contentType: String?) -> String? {
        contentType.flatMap { $0.split(separator: ";").first }
            .map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    }

    /// The short form: the body is the data.
    private static func raw(_ body: ByteBuffer, topic: Topic, query: String) throws -> Update {
        guard let data = body.getUTF8ValidatedString() else {
            throw RequestError(.badRequest, "The body is not valid UTF-8, and a stream of events carries nothing else.")
        }
        var fields = Fields()
        var query = query
        try query.withUTF8 { bytes in
            try FormFields.forEach(in: UnsafeRawBufferPointer(bytes)) { name, value in
                if name != "topic" && name != "data" { try fields.set(name, to: value) }
            }
        }
        fields.data = data
        fields.topics = [topic]
        return try fields.update()
    }

    /// Mercure's form.
    private static func form(_ body: ByteBuffer) throws -> Update {
        var fields = Fields()
        try body.withUnsafeReadableBytes { bytes in
            try FormFields.forEach(in: bytes) { try fields.set($0, to: $1) }
        }
        return try fields.update()
    }

    /// One JSON object a line: all of them or none.
    private static func lines(_ body: ByteBuffer) throws -> [Update] {
        let decoder = JSONDecoder()
        var updates: [Update] = []
        try body.withUnsafeReadableBytes { bytes in
            var number = 0
            var start = 0
            while start <= bytes.count {
                let end = Self.lineEnd(in: bytes, from: start)
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                start = end + 1
                number += 1
                if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
                guard updates.count < self.maxUpdates else {
                    throw RequestError(
                        .contentTooLarge,
                        "At most \(self.maxUpdates) updates are allowed in one request."
                    )
                }
                do {
                    updates.append(try UpdateLine(line, with: decoder).update())
                } catch {
                    throw RequestError(.badRequest, "Line \(number): \(Self.explain(error)) Nothing was published.")
                }
            }
        }
        guard !updates.isEmpty else { throw RequestError(.badRequest, "There is no update in the body.") }
        return updates
    }

    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, CInt(UInt8(ascii: "\n")), bytes.count - start)
        else { return bytes.count }
        return base.distance(to: UnsafeRawPointer(found))
    }

    private static func explain(_ error: any Error) -> String {
        switch error {
        case let error as UpdateError: error.message
        case DecodingError.keyNotFound(let key, _) where key.stringValue == "topic": "Missing \"topic\"."
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            context.codingPath.isEmpty
                ? "It is not a JSON object." : "\"\(context.codingPath[0].stringValue)\" is of the wrong type."
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\"\(context.codingPath[0].stringValue)\" is out of range."
        default: "It is not valid JSON."
        }
    }
}

/// The fields of Mercure's form, as they come.
private struct Fields {
    var topics: [Topic] = []
    var data = ""
    var isPrivate = false
    var id: String?
    var type: String?
    var retry: Int?

    mutating func set(_ name: String, to value: String) throws {
        switch name {
        case "topic": self.topics.append(try Topic(value))
        case "data": self.data = value
        case "private": self.isPrivate = true
        case "id": self.id = value
        case "type": self.type = value
        case "retry" where !value.isEmpty:
            guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let retry = Int(value) else {
                throw RequestError(.badRequest, "\"retry\" must be a number of milliseconds, 0 or more.")
            }
            // 0 is what is sent for "none".
            self.retry = retry == 0 ? nil : retry
        default: break
        }
    }

    func update() throws(UpdateError) -> Update {
        try Update(
            topics: self.topics,
            data: self.data,
            id: self.id,
            type: self.type,
            retry: self.retry,
            isPrivate: self.isPrivate
        )
    }
}

extension ByteBuffer {
    fileprivate func getUTF8ValidatedString() -> String? {
        self.withUnsafeReadableBytes { String(validating: $0, as: UTF8.self) }
    }
}
