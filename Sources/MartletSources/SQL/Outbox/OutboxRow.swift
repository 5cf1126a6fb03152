import Martlet

/// What the columns of an outbox are, and how a row of them becomes an update.
struct OutboxRowFormat: Sendable {
    /// More is no update for everybody's page. It also bounds what a look holds in memory.
    static let maxBytes = 4 << 20

    /// Why a row is none, after "row 7: ".
    struct Refusal: Error {
        var reason: String
    }

    private enum Address: Sendable {
        case column
        case fixed(Topic)
        case template(URITemplateExpansion, names: [String])
    }

    /// What is read beside the key, in this order.
    let columns: [SQLIdentifier]
    private let address: Address
    private let owner: String
    private let hasType: Bool
    private let hasPrivate: Bool
    private let isPrivate: Bool
    private let checksNUL: Bool

    /// - Throws: for variables of the topic that can be no columns.
    init(
        _ options: SQLOutboxOptions,
        of owner: String,
        selector: Selector?,
        engine: SQLURL.Engine
    ) throws(SQLError) {
        var columns: [SQLIdentifier] = []
        if let template = selector?.template {
            for name in template.variableNames {
                do throws(SQLError) {
                    columns.append(try SQLIdentifier(column: name))
                } catch {
                    throw SQLError(.query, "the topic's {\(name)} can be no column: \(error.message)")
                }
            }
            self.address = .template(URITemplateExpansion(template), names: template.variableNames)
        } else if let topic = selector?.exactTopic {
            self.address = .fixed(topic)
        } else {
            columns.append(options.columns.topic)
            self.address = .column
        }
        columns.append(options.columns.data)
        if let type = options.columns.type { columns.append(type) }
        if let isPrivate = options.columns.isPrivate { columns.append(isPrivate) }
        self.columns = columns
        self.owner = owner
        self.hasType = options.columns.type != nil
        self.hasPrivate = options.columns.isPrivate != nil
        self.isPrivate = !options.isPublic
        self.checksNUL = engine == .sqlite
    }

    /// The update that a row makes.
    ///
    /// - Parameter owners: who owns a topic.
    func update(
        of row: SQLRow,
        key: Int64,
        owners: (Topic) -> String?
    ) throws(Refusal) -> Update {
        var values = row.columns.dropFirst().map(\.value)
        if self.checksNUL, case .integer(let number)? = values.popLast(), number > 0 {
            throw Refusal(reason: "its \(self.columns[Int(number) - 1].text) holds a NUL")
        }
        var rest = values[...]
        let topic = try self.topic(&rest, owners)
        let data = try Self.data(rest.removeFirst())
        let type = self.hasType ? try Self.type(rest.removeFirst()) : nil
        let isPrivate = self.hasPrivate ? try self.isPrivate(rest.removeFirst()) : self.isPrivate
        do throws(UpdateError) {
            return try Update(topic: topic, data: data, id: String(key), type: type, isPrivate: isPrivate)
        } catch {
            throw Refusal(reason: error.message)
        }
    }

    private func topic(_ values: inout ArraySlice<SQLValue>, _ owners: (Topic) -> String?) throws(Refusal) -> Topic {
        let text: String
        switch self.address {
        case .fixed(let topic): return topic
        case .column:
            guard let value = values.removeFirst().plainText else { throw Refusal(reason: "its topic is no text") }
            text = value
        case .template(let expansion, let names):
            var variables: [String: String] = [:]
            for name in names {
                guard let value = values.removeFirst().plainText else {
                    throw Refusal(reason: "its \(name) is no text or number, and stands in its topic")
                }
                variables[name] = value
            }
            text = expansion.text(with: variables)
        }
        let topic: Topic
        do throws(UpdateError) {
            topic = try Topic(text)
        } catch {
            throw Refusal(reason: error.message)
        }
        if topic.isReserved { throw Refusal(reason: "topics under \(Topic.hubPath) are the hub's own") }
        if let other = owners(topic), other != self.owner {
            throw Refusal(reason: "its topic belongs to the source \"\(other)\"")
        }
        return topic
    }

    private static func data(_ value: SQLValue) throws(Refusal) -> String {
        switch value {
        case .null: throw Refusal(reason: "its data is NULL")
        case .text(let text): return text
        default: return value.json
        }
    }

    private static func type(_ value: SQLValue) throws(Refusal) -> String? {
        if case .null = value { return nil }
        guard let text = value.plainText else { throw Refusal(reason: "its type is no text") }
        return text
    }

    private func isPrivate(_ value: SQLValue) throws(Refusal) -> Bool {
        switch value {
        case .null: return self.isPrivate
        case .boolean(let value): return value
        case .integer(0): return false
        case .integer(1): return true
        default: throw Refusal(reason: "whether it is private is neither true nor false")
        }
    }
}

extension SQLValue {
    /// A text, number or boolean as a topic has it; nil for anything else, and for bytes that are no UTF-8.
    fileprivate var plainText: String? {
        switch self {
        case .null, .list: nil
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .number(let text), .text(let text), .json(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        }
    }
}
