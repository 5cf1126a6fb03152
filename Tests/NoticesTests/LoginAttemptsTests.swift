import Hummingbird
import NIOHTTP1
import Synchronization
import Testing

@testable import Notices

struct LoginAttemptsTests {
    @Test func `A name has ten attempts a minute, from the first`() throws {
        let clock = MovedClock()
        let attempts = LoginAttempts(clock: clock)
        for _ in 1...10 { try attempts.begin("ann") }
        clock.move(by: .milliseconds(19_500))
        #expect(throws: HTTPError.self) { try attempts.begin("ann") }
        do {
            try attempts.begin("ann")
        } catch let error as HTTPError {
            #expect(error.status == .tooManyRequests)
            #expect(error.headers[.retryAfter] == "41")
        }
        // Other names are others.
        try attempts.begin("bob")
        clock.move(by: .milliseconds(40_499))
        #expect(throws: HTTPError.self) { try attempts.begin("ann") }
        clock.move(by: .milliseconds(1))
        for _ in 1...10 { try attempts.begin("ann") }
        #expect(throws: HTTPError.self) { try attempts.begin("ann") }
    }

    @Test func `An attempt that nothing came of is taken back, and a right one takes back all`() throws {
        let attempts = LoginAttempts(limit: 2, clock: MovedClock())
        for _ in 1...5 {
            try attempts.begin("ann")
            attempts.undo("ann")
        }
        #expect(attempts.count == 0)
        attempts.undo("ann")
        for _ in 1...5 {
            try attempts.begin("ann")
            try attempts.begin("ann")
            attempts.forget("ann")
        }
        #expect(attempts.count == 0)
    }

    @Test func `Many names take bounded room, and those of late are kept`() throws {
        let clock = MovedClock()
        let attempts = LoginAttempts(limit: 1, capacity: 100, clock: clock)
        for number in 1...10_000 {
            try attempts.begin("name \(number)")
            clock.move(by: .milliseconds(1))
            #expect(attempts.count <= 100)
        }
        for number in 9_990...10_000 { #expect(throws: HTTPError.self) { try attempts.begin("name \(number)") } }
        // When their minute is over, all make room.
        clock.move(by: .seconds(60))
        let before = attempts.count
        for number in 0...(100 - before) { try attempts.begin("other \(number)") }
        #expect(attempts.count == 101 - before)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Guessing is stopped, for names that nobody has too, and the owner waits as well`() async throws {
        let clock = MovedClock()
        try await ServedNotices.run(attempts: LoginAttempts(clock: clock)) { app in
            let ann = try await app.newUser("ann")
            for name in ["ann", "nobody"] {
                // At once, which is no way around it.
                let statuses = try await withThrowingTaskGroup { group in
                    for _ in 1...15 { group.addTask { try await app.logIn(name, "wrong horse").status } }
                    return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
                }
                // Some find no thread, which counts for nothing.
                #expect(statuses[401, default: 0] <= 10 && statuses[204] == nil, "\(statuses)")
                while try await app.logIn(name, "wrong horse").status != 429 {}
            }
            let answer = try await app.logIn("ann", "correct horse")
            #expect(answer.status == 429 && answer.retryAfter == 60)
            #expect(answer.body.contains("too many attempts"))
            // Who is logged in stays so.
            #expect(try await app.send(.GET, "/session", cookie: ann).status == 200)
            clock.move(by: .seconds(60))
            #expect(try await app.logIn("ann", "correct horse").status == 204)
        }
    }
}

/// A clock that stands still until it is moved. Nobody sleeps by it.
private final class MovedClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - self.offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let offset = Mutex(Duration.zero)

    var now: Instant { Instant(offset: self.offset.withLock { $0 }) }
    var minimumResolution: Duration { .zero }

    func move(by duration: Duration) { self.offset.withLock { $0 += duration } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws { throw CancellationError() }
}
