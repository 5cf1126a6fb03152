import Martlet
import MartletSources

extension ConfiguredSource {
    /// Makes a source of a table's rows.
    static func outbox(
        _ outbox: SourceConfiguration.Outbox,
        _ owned: OwnedTopics?,
        _ configuration: SourceConfiguration,
        _ monitor: SourceMonitor
    ) throws -> any Source {
        let url = try SQLURL(outbox.database.text)
        let columns = try SQLOutboxOptions.Columns(
            key: outbox.key,
            topic: outbox.topicColumn,
            data: outbox.dataColumn,
            type: outbox.typeColumn,
            isPrivate: outbox.privateColumn
        )
        let options = try SQLOutboxOptions(
            table: outbox.table,
            columns: columns,
            start: outbox.startsWithNew ? .new : .all,
            isPublic: configuration.isPublic,
            interval: outbox.polling.every,
            gapWait: outbox.gapWait,
            isOnDemand: outbox.isOnDemand,
            linger: outbox.polling.linger
        )
        return try SQLOutboxSource(
            name: configuration.name,
            database: url,
            topics: owned,
            options: options,
            notifier: try outbox.wake.map { try SQLNotifier(url, channel: $0) },
            monitor: monitor,
            clock: .continuous
        ) { () throws(SQLError) in try url.makeEngine() }
    }
}
