import NIOCore

// What is said before the connection is anybody's: HELLO, which authenticates, names the connection and switches to
// RESP3 in one; or, with a server that doesn't know it (Redis before 6, some proxies), AUTH and CLIENT SETNAME.
extension RedisConnection {
    func greet(_ configuration: Configuration, until deadline: NIODeadline) async throws(RedisError) {
        let url = configuration.url
        do {
            _ = try await self.ask(Self.hello(configuration), until: deadline)
            self.speaks(version: 3)
        } catch {
            let refusal = error.withoutSecret(of: url)
            guard Self.isWorthTryingWithoutHello(refusal) else { throw refusal }
            do {
                try await self.greetWithoutHello(configuration, until: deadline)
            } catch  where error.code == .unavailable {
                // Turned away, e.g. because of too many clients: the first answer says why.
                throw refusal
            } catch {
                throw error.withoutSecret(of: url)
            }
        }
        if url.database != 0 {
            _ = try await self.ask(RedisCommand("SELECT", "\(url.database)"), until: deadline)
        }
        if let tracking = configuration.tracking { try await self.track(tracking, until: deadline) }
    }

    /// A server that does not tell of changes is as good as any other for whoever then asks again and again.
    private func track(_ tracking: RedisTracking, until deadline: NIODeadline) async throws(RedisError) {
        guard self.protocolVersion == 3 else {
            let error = RedisError(.server("ERR"), "the server knows no RESP3 to tell changes by", server: self.server)
            return tracking.changed(.refused(error))
        }
        do {
            _ = try await self.ask(RedisTracking.command, until: deadline)
            self.startTracking(tracking)
        } catch {
            guard case .server = error.code else { throw error }
            tracking.changed(.refused(error))
        }
    }

    private static func hello(_ configuration: Configuration) -> RedisCommand {
        var command = RedisCommand("HELLO", "3")
        if let password = configuration.url.password {
            command.arguments += ["AUTH", .string(configuration.url.user ?? "default"), .string(password)]
        }
        if let name = configuration.clientName { command.arguments += ["SETNAME", .string(name)] }
        return command
    }

    private static func isWorthTryingWithoutHello(_ error: RedisError) -> Bool {
        switch error.code {
        case .server("ERR"), .server("NOPROTO"), .server("NOAUTH"), .server("NOPERM"): true
        default: false
        }
    }

    private func greetWithoutHello(
        _ configuration: Configuration,
        until deadline: NIODeadline
    ) async throws(RedisError) {
        if let password = configuration.url.password {
            let user = configuration.url.user.map { [RedisCommand.Argument.string($0)] } ?? []
            _ = try await self.ask(RedisCommand("AUTH", user + [.string(password)]), until: deadline)
        } else {
            // Says whether a password is missing, which SELECT or the first command would say too late.
            _ = try await self.ask(RedisCommand("PING"), until: deadline)
        }
        guard let name = configuration.clientName else { return }
        do {
            _ = try await self.ask(RedisCommand("CLIENT", "SETNAME", .string(name)), until: deadline)
        } catch {
            // A name is for people who look at the server; it isn't worth a connection.
            guard case .server = error.code else { throw error }
        }
    }

    private func ask(_ command: RedisCommand, until deadline: NIODeadline) async throws(RedisError) -> RESPToken {
        let left = max(deadline - self.channel.eventLoop.now, .nanoseconds(1))
        return try await self.send(command, timeout: .after(Duration(left)))
    }
}

extension RedisError {
    /// Old servers answer an unknown HELLO with its arguments, of which the password is one.
    fileprivate func withoutSecret(of url: RedisURL) -> RedisError {
        guard let secret = url.password?.utf8, !secret.isEmpty else { return self }
        let bytes = Array(self.message.utf8)
        // By bytes: a password that begins with an accent is one `Character` with what stands before it.
        let holdsSecret = bytes.indices.contains { bytes[$0...].starts(with: secret) }
        if !holdsSecret { return self }
        return RedisError(self.code, "the server's refusal repeats the password", server: url.description)
    }
}
