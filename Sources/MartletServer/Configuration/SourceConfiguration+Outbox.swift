import MartletSources

extension SourceConfiguration {
    private enum Watching: String, CaseIterable {
        case always
        case onDemand = "on-demand"
    }

    static func readOutbox(_ section: Section, topic: String?, variables: [String]) -> Kind? {
        let database = section.required("database", as: .database)
        let table = section.required("table", as: .table)
        var outbox = Outbox(database: Secret(database?.resolved ?? ""), table: table?.value ?? "")
        section.read("key", into: &outbox.key, as: .column)
        let topicColumn = section.setting("topic-column", as: .column)
        outbox.topicColumn = topicColumn?.value ?? outbox.topicColumn
        section.read("data-column", into: &outbox.dataColumn, as: .column)
        outbox.typeColumn = section.setting("type-column", as: .column)?.value
        outbox.privateColumn = section.setting("private-column", as: .column)?.value
        var start = SQLOutboxOptions.Start.all
        section.read("start", into: &start, as: .oneOf(SQLOutboxOptions.Start.self))
        outbox.startsWithNew = start == .new
        outbox.wake = readWake(section, database)
        section.read("gap-wait", into: &outbox.gapWait, as: .duration(.zero ... .seconds(60)))
        let watch = section.setting("watch", as: .oneOf(Watching.self))
        outbox.isOnDemand = watch?.value == .onDemand
        outbox.polling = Polling(section, emits: false)
        if outbox.isOnDemand, topic == nil {
            section.report(
                .conflict,
                "on-demand needs a topic of the source's own; write the topic, or a template of topics",
                key: "watch",
                at: watch?.origin
            )
        }
        if let topicColumn, topic != nil {
            section.report(
                .conflict,
                "give either topic, or topic-column, the column that holds it",
                key: "topic-column",
                at: topicColumn.origin
            )
        }
        for name in variables {
            do throws(SQLError) {
                _ = try SQLIdentifier(column: name)
            } catch {
                section.report(.invalidValue, "the topic's {\(name)} can be no column: \(error.message)", key: "topic")
            }
        }
        return database == nil || table == nil ? nil : .sqlOutbox(outbox)
    }
}

extension ValueFormat<String> {
    fileprivate static var table: Self {
        Self("the name of a table") { text throws(Refusal) in
            do throws(SQLError) {
                return try SQLIdentifier(table: text).text
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }

    fileprivate static var column: Self {
        Self("the name of a column") { text throws(Refusal) in
            do throws(SQLError) {
                return try SQLIdentifier(column: text).text
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }
}
