import NIOCore

extension RedisSubscription {
    /// One reader's way through the messages. Belongs to the task that iterates.
    package struct AsyncIterator: AsyncIteratorProtocol {
        private let subscription: RedisSubscription
        private var backoff: RedisBackoff
        private var events: RedisSubscriptionHandler.Producer.AsyncIterator?

        init(_ subscription: RedisSubscription) {
            self.subscription = subscription
            let configuration = subscription.configuration
            self.backoff = RedisBackoff(first: configuration.firstBackoff, longest: configuration.longestBackoff)
        }

        /// The next event; `nil` once the task is cancelled.
        package mutating func next() async -> Event? {
            while !Task.isCancelled {
                if let events = self.events {
                    if let event = await events.next() { return self.note(event) }
                    self.events = nil
                    continue
                }
                do {
                    let wait = self.backoff.notBefore - self.subscription.timing.now()
                    if wait > .zero { try await self.subscription.timing.sleep(wait) }
                } catch {
                    return nil
                }
                do {
                    self.events = try await self.subscription.connect()
                } catch {
                    if error.code == .cancelled { return nil }
                    self.backoff.failed(at: self.subscription.timing.now(), random: .random(in: 0..<1))
                    return .interrupted(error)
                }
            }
            self.events = nil
            return nil
        }

        private mutating func note(_ event: Event) -> Event {
            let now = self.subscription.timing.now()
            switch event {
            case .subscribed: self.backoff.connected(at: now)
            case .message: break
            case .interrupted:
                self.events = nil
                self.backoff.lost(at: now, random: .random(in: 0..<1))
            }
            return event
        }
    }

    private func connect() async throws(RedisError) -> RedisSubscriptionHandler.Producer.AsyncIterator {
        var settings = self.configuration.connection
        // It reads no keys.
        settings.tracking = nil
        let connection = try await RedisConnection.connect(settings, on: self.eventLoopGroup.any())
        return try await connection.subscribe(
            [RedisCommand("PSUBSCRIBE", strings: self.patterns), RedisCommand("SUBSCRIBE", strings: self.channels)]
                .filter { $0.arguments.count > 1 },
            timeout: settings.responseTimeout.map { TimeAmount($0) },
            limits: settings.limits,
            bufferedMessages: self.configuration.bufferedMessages
        )
    }
}

extension RedisConnection {
    /// Makes this a connection of messages: it can't send any more, and closes with the iterator.
    func subscribe(
        _ commands: [RedisCommand],
        timeout: TimeAmount?,
        limits: RESPDecoder.Limits,
        bufferedMessages: Int
    ) throws(RedisError) -> sending RedisSubscriptionHandler.Producer.AsyncIterator {
        let handler = RedisSubscriptionHandler(
            server: self.server,
            limits: limits,
            commands: commands,
            timeout: timeout
        )
        let delegate = RedisSubscriptionHandler.Delegate(handler: handler, eventLoop: self.channel.eventLoop)
        let events = RedisSubscriptionHandler.Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: max(bufferedMessages / 4, 1), highWatermark: bufferedMessages),
            finishOnDeinit: true,
            delegate: delegate
        )
        handler.source = events.source
        do {
            try self.becomeSubscription(handler)
        } catch {
            throw RedisError(.unavailable, "the connection is closed", server: self.server)
        }
        return events.sequence.makeAsyncIterator()
    }
}
