import Dispatch
import Foundation
import NIOHTTP1
import NIOPosix
import Testing

@testable import Notices

struct PasswordTests {
    @Test func `A hash keeps its costs, and is read back as it was`() throws {
        let hash = try PasswordHash.make(of: "correct horse", costs: .tiny)
        #expect(hash.description.hasPrefix("scrypt$16$8$1$"))
        let read = try #require(PasswordHash(hash.description))
        #expect(read == hash && read.costs == .tiny)
        #expect(try read.matches("correct horse"))
        #expect(try !read.matches("correct horsf"))
        #expect(try !read.matches(""))
        // Another salt each time.
        #expect(try PasswordHash.make(of: "correct horse", costs: .tiny) != hash)
    }

    @Test func `A hash of another implementation's is read`() throws {
        // Made by Python's hashlib.scrypt, which has OpenSSL's.
        let hash = "scrypt$1024$8$3$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo="
        let read = try #require(PasswordHash(hash))
        #expect(try read.matches("correct horse"))
    }

    @Test func `Passwords cost what OWASP names at least`() throws {
        let costs = PasswordHash.Costs.recommended
        #expect(costs == .init(rounds: 32_768, blockSize: 8, parallelism: 3))
        #expect(try PasswordHash.make(of: "correct horse", costs: costs).matches("correct horse"))
    }

    @Test(
        arguments: [
            "", "$", "$$$$$", "AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$16$8$1$AAECAwQFBgcICQoLDA0ODw==$",
            "scrypt$16$8$1$AAECAwQFBgcICQoLDA0ODw==$AAAA",
            "scrypt$16$8$1$$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$16$8$1$!$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$0$8$1$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$15$8$1$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$-16$8$1$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$16$0$1$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$16$8$0$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$16$8$99999$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$1073741824$8$1$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$9223372036854775808$8$1$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "bcrypt$16$8$1$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=",
            "scrypt$16$8$1$AAECAwQFBgcICQoLDA0ODw==$LG/gIVj83fzeT/PUzck3LFMbIvYGmpcnsJvxy2XAUTo=$",
        ]
    )
    func `What is no hash is not read`(text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Raised costs are kept at the next login`() async throws {
        let store = try Store(path: nil)
        try await ServedNotices.run(store: store) { app in _ = try await app.newUser("ann") }
        let raised = PasswordHash.Costs(rounds: 32, blockSize: 8, parallelism: 2)
        try await ServedNotices.run(store: store, passwords: Passwords(costs: raised)) { app in
            #expect(try await app.logIn("ann", "wrong horse").status == 401)
            let before = try #require(await store.user(named: "ann")).password
            #expect(before.hasPrefix("scrypt$16$8$1$"))
            #expect(try await app.logIn("ann", "correct horse").status == 204)
            let after = try #require(await store.user(named: "ann")).password
            #expect(after.hasPrefix("scrypt$32$8$2$"))
            #expect(try await app.logIn("ann", "correct horse").status == 204)
        }
    }

    @Test func `Refusing a name that nobody has derives as much as refusing a wrong password`() async throws {
        let costs = PasswordHash.Costs(rounds: 1 << 13, blockSize: 8, parallelism: 2)
        let passwords = Passwords(costs: costs)
        #expect(PasswordHash.ofNobody(costs).costs == costs)
        let kept = try await passwords.hash("correct horse")
        var (known, unknown) = (Duration.seconds(60), Duration.seconds(60))
        for _ in 1...7 {
            known = min(known, try await Self.time(of: passwords, against: kept))
            unknown = min(unknown, try await Self.time(of: passwords, against: nil))
        }
        // Without deriving it would be a thousandth; the least of several is what a busy machine disturbs least.
        #expect(unknown > known / 3, "\(unknown) and \(known)")
    }

    /// How long it takes to refuse a password.
    private static func time(of passwords: Passwords, against kept: PasswordHash?) async throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try await !passwords.verify("wrong horse", against: kept))
        return start.duration(to: clock.now)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Beyond a few at once, people are told to come back, and then can`() async throws {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let passwords = Passwords(costs: .tiny, limit: 2, threads: threads)
        try await ServedNotices.run(passwords: passwords, attempts: LoginAttempts(limit: 3)) { app in
            let ann = try await app.newUser("ann")
            let held = DispatchSemaphore(value: 0)
            threads.submit { _ in held.wait() }
            // Both places are taken, by whom the thread has no time for.
            async let first = app.logIn("bob", "correct horse")
            async let second = app.logIn("eve", "correct horse")
            defer { held.signal() }
            while passwords.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
            for _ in 1...5 {
                let answer = try await app.logIn("ann", "correct horse")
                #expect(answer.status == 503 && answer.retryAfter == 1)
            }
            #expect(try await app.send(.POST, "/users", ["name": "x", "password": "12345678"]).status == 503)
            // Nobody else is held up.
            #expect(try await app.send(.GET, "/session", cookie: ann).status == 200)

            held.signal()
            let statuses = try await [first.status, second.status]
            #expect(statuses == [401, 401] && passwords.count == 0)
            // Nor did it count against anybody.
            #expect(try await app.logIn("ann", "correct horse").status == 204)
        }
        try await threads.shutdownGracefully()
    }
}
