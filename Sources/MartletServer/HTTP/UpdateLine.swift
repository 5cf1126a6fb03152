import Foundation
import Martlet

/// One line of `application/x-ndjson`: an update as a JSON object.
struct UpdateLine: Decodable, Equatable {
    enum Topics: Decodable, Equatable {
        case one(String)
        case many([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                self = .one(name)
            } else {
                self = .many(try container.decode([String].self))
            }
        }
    }

    var topic: Topics
    var data: String?
    var id: String?
    var type: String?
    var `private`: Bool?
    /// As a double, so that one that is none is told as such and not as bad JSON.
    var retry: Double?

    /// Reads a line. The usual ones are read in one pass, see ``UpdateLineScanner``; all others, and all that are wrong, are
    /// Foundation's to judge.
    init(_ line: UnsafeRawBufferPointer, with decoder: JSONDecoder) throws {
        if let usual = UpdateLineScanner.line(line) {
            self = usual
        } else {
            self = try decoder.decode(UpdateLine.self, from: Data(line))
        }
    }

    init(topic: Topics, data: String?, id: String?, type: String?, isPrivate: Bool?, retry: Double?) {
        self.topic = topic
        self.data = data
        self.id = id
        self.type = type
        self.private = isPrivate
        self.retry = retry
    }

    func update() throws(UpdateError) -> Update {
        var milliseconds: Int?
        if let retry = self.retry, retry != 0 {
            guard let exact = Int(exactly: retry) else {
                throw UpdateError(code: .retry, message: "\"retry\" is out of range.")
            }
            milliseconds = exact
        }
        var topics: [Topic] = []
        switch self.topic {
        case .one(let name): topics.append(try Topic(name))
        case .many(let names): for name in names { topics.append(try Topic(name)) }
        }
        return try Update(
            topics: topics,
            data: self.data ?? "",
            id: self.id,
            type: self.type,
            retry: milliseconds,
            isPrivate: self.private ?? false
        )
    }
}
