import Martlet
import MartletRedis
import MartletSources
import NIOCore

extension ConfiguredSource {
    /// Makes a source that Redis has.
    static func redis(
        _ kind: SourceConfiguration.Kind,
        _ topics: OwnedTopics,
        _ monitor: SourceMonitor,
        on group: any EventLoopGroup
    ) throws -> any Source {
        switch kind {
        case .redisValue(let redis, let key, let notifies, let polling):
            let wakes = Wakes()
            let client = try self.client(redis, on: group, waking: notifies ? wakes : nil, isPromised: true)
            let sampler = RedisValueSampler(client: client, key: try RedisKeyTemplate(key))
            return self.polled(sampler, topics, polling, monitor, wakes)
        case .redisQueue(let redis, let key, let counter?, let polling):
            let wakes = Wakes()
            let start = try counter.start.map { start in
                SQLNumber(try SQLURL(start.database.text), query: try SQLTemplate(start.query))
            }
            let sampler = RedisCounterSampler(
                client: try self.client(redis, on: group, waking: wakes),
                queue: try RedisKeyTemplate(key),
                counter: try RedisKeyTemplate(counter.key),
                field: counter.field,
                start: start,
                wakes: wakes
            )
            return self.polled(sampler, topics, polling, monitor, wakes)
        case .redisQueue(let redis, let key, nil, let polling):
            let wakes = Wakes()
            let client = try self.client(redis, on: group, waking: wakes)
            let reader = RedisQueueReader(client: client, key: try RedisKeyTemplate(key))
            return self.reading(reader, topics, polling, monitor, wakes)
        case .redisStream(let redis, let key, let startsWithAll, let field, let polling):
            let wakes = Wakes()
            let reader = RedisStreamReader(
                client: try self.client(redis, on: group, waking: wakes),
                key: try RedisKeyTemplate(key),
                start: startsWithAll ? .all : .new,
                field: field
            )
            return self.reading(reader, topics, polling, monitor, wakes)
        case .redisChannel(let redis, let channel, let linger):
            return RedisChannelSource(
                topics: topics,
                client: try self.client(redis, on: group),
                channel: try RedisKeyTemplate(channel),
                linger: linger,
                monitor: monitor,
                clock: .continuous
            )
        default: preconditionFailure("\(kind.name) is none of Redis's")
        }
    }

    private static func reading(
        _ reader: any ItemReader,
        _ topics: OwnedTopics,
        _ polling: SourceConfiguration.Polling,
        _ monitor: SourceMonitor,
        _ wakes: Wakes
    ) -> any Source {
        PolledSource(
            topics: topics,
            reader: reader,
            options: PollingOptions(polling),
            wakes: wakes,
            monitor: monitor,
            clock: .continuous
        )
    }

    /// - Parameters:
    ///   - wakes: told when Redis says that a key was changed.
    ///   - isPromised: whether it is a problem if it can't say so.
    private static func client(
        _ redis: Secret,
        on group: any EventLoopGroup,
        waking wakes: Wakes? = nil,
        isPromised: Bool = false
    ) throws -> RedisClient {
        var configuration = RedisClient.Configuration(url: try RedisURL(redis.text))
        if let wakes {
            configuration.connection.tracking = RedisTracking {
                wakes.wake($0)
            } changed: { state in
                switch state {
                case .telling: wakes.works(true)
                case .lost: wakes.works(false)
                case .refused(let error): wakes.works(false, problem: isPromised ? error.message : nil)
                }
            }
        }
        return RedisClient(configuration, eventLoopGroup: group)
    }
}
