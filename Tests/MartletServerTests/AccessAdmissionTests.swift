import HTTPTypes
import Testing

@testable import MartletServer

@Suite("Who is let in")
struct AccessAdmissionTests {
    enum Keys {
        case none
        case publishers
        case subscribers
        case both
    }

    /// What becomes of a request.
    enum Outcome: Hashable {
        /// Let in without a token.
        case anybody
        /// Let in with the grant of a token that is known.
        case known
        /// Its token is to be verified.
        case pending
        /// 401, with the sentence's beginning.
        case refused(String)

        static let tokenless = Outcome.refused("A token is needed")
        static let keyless = Outcome.refused("This hub has no key to verify")
        static let nobodyPublishes = Outcome.refused("Nobody may publish here")
        static let nobodySubscribes = Outcome.refused("Nobody may subscribe here")
        static let pageless = Outcome.refused("With a cookie, publishing needs an Origin or Referer")
        static let foreign = Outcome.refused("Pages of the origin \"https://evil.example\" may not publish")
    }

    struct Case: CustomTestStringConvertible {
        var keys: Keys
        var anonymous: Bool
        var role: Role
        /// Without a token.
        var none: Outcome
        /// With one in the header or the query.
        var sent: Outcome
        /// With one in the cookie, from no page, from one that is listed, and from another.
        var cookies: (none: Outcome, listed: Outcome, foreign: Outcome)

        init(
            _ keys: Keys,
            anonymous: Bool,
            _ role: Role,
            _ none: Outcome,
            _ sent: Outcome,
            _ cookies: (Outcome, Outcome, Outcome)
        ) {
            self.keys = keys
            self.anonymous = anonymous
            self.role = role
            self.none = none
            self.sent = sent
            self.cookies = cookies
        }

        var testDescription: String { "keys: \(self.keys), anonymous: \(self.anonymous), \(self.role)" }
    }

    static let cases: [Case] = [
        Case(.none, anonymous: true, .publisher, .anybody, .keyless, (.anybody, .anybody, .anybody)),
        Case(.none, anonymous: true, .subscriber, .anybody, .keyless, (.anybody, .anybody, .anybody)),
        Case(.none, anonymous: false, .publisher, .anybody, .keyless, (.anybody, .anybody, .anybody)),
        Case(.none, anonymous: false, .subscriber, .anybody, .keyless, (.anybody, .anybody, .anybody)),

        Case(.publishers, anonymous: true, .publisher, .tokenless, .pending, (.pageless, .pending, .foreign)),
        Case(.publishers, anonymous: true, .subscriber, .anybody, .keyless, (.anybody, .anybody, .anybody)),
        Case(.publishers, anonymous: false, .publisher, .tokenless, .pending, (.pageless, .pending, .foreign)),
        Case(
            .publishers,
            anonymous: false,
            .subscriber,
            .nobodySubscribes,
            .keyless,
            (.nobodySubscribes, .nobodySubscribes, .nobodySubscribes)
        ),

        Case(
            .subscribers,
            anonymous: true,
            .publisher,
            .nobodyPublishes,
            .keyless,
            (.nobodyPublishes, .nobodyPublishes, .nobodyPublishes)
        ),
        Case(.subscribers, anonymous: true, .subscriber, .anybody, .pending, (.pending, .pending, .pending)),
        Case(
            .subscribers,
            anonymous: false,
            .publisher,
            .nobodyPublishes,
            .keyless,
            (.nobodyPublishes, .nobodyPublishes, .nobodyPublishes)
        ),
        Case(.subscribers, anonymous: false, .subscriber, .tokenless, .pending, (.pending, .pending, .pending)),

        Case(.both, anonymous: true, .publisher, .tokenless, .pending, (.pageless, .pending, .foreign)),
        Case(.both, anonymous: true, .subscriber, .anybody, .pending, (.pending, .pending, .pending)),
        Case(.both, anonymous: false, .publisher, .tokenless, .pending, (.pageless, .pending, .foreign)),
        Case(.both, anonymous: false, .subscriber, .tokenless, .pending, (.pending, .pending, .pending)),
    ]

    static func access(_ keys: Keys, anonymous: Bool) async throws -> Access {
        let verifier = try await TokenVerifier.secret()
        return Access(
            publishers: keys == .publishers || keys == .both ? verifier : nil,
            subscribers: keys == .subscribers || keys == .both ? verifier : nil,
            allowsAnonymous: anonymous,
            publishOrigins: ["https://app.example", "http://localhost:3000"]
        )
    }

    static func outcome(
        _ access: Access,
        as role: Role,
        with credential: Credential?,
        mayBeAnonymous: Bool = true,
        known: GrantCache = GrantCache()
    ) -> Outcome {
        do throws(RequestError) {
            switch try access.admission(as: role, with: credential, mayBeAnonymous: mayBeAnonymous, known: known) {
            case .granted(let grant): return grant == nil ? .anybody : .known
            case .pending: return .pending
            }
        } catch {
            #expect(error.status == .unauthorized)
            #expect(error.reason == .unauthorized)
            let sentences: [Outcome] = [
                .tokenless, .keyless, .nobodyPublishes, .nobodySubscribes, .pageless, .foreign,
            ]
            return sentences.first { if case .refused(let text) = $0 { error.message.hasPrefix(text) } else { false } }
                ?? .refused(error.message)
        }
    }

    @Test(arguments: cases)
    func `Role, keys and credential decide`(_ sample: Case) async throws {
        let access = try await Self.access(sample.keys, anonymous: sample.anonymous)
        #expect(access.isKeyless == (sample.keys == .none))
        let outcomes: [(Credential?, Outcome)] = [
            (nil, sample.none),
            (.bearer("a"), sample.sent),
            (.parameter("a"), sample.sent),
            (.cookie("a", page: nil), sample.cookies.none),
            (.cookie("a", page: "https://app.example"), sample.cookies.listed),
            (.cookie("a", page: "https://evil.example"), sample.cookies.foreign),
        ]
        for (credential, expected) in outcomes {
            #expect(
                Self.outcome(access, as: sample.role, with: credential) == expected,
                "\(String(describing: credential))"
            )
        }
    }

    @Test func `What needs a token needs one where anonymous subscribers are let in too`() async throws {
        let access = try await Self.access(.both, anonymous: true)
        #expect(Self.outcome(access, as: .subscriber, with: nil, mayBeAnonymous: false) == .tokenless)
        #expect(Self.outcome(access, as: .subscriber, with: .bearer("a"), mayBeAnonymous: false) == .pending)
    }

    @Test func `A token that is known needs no verifying, in the role in which it was verified`() async throws {
        let access = try await Self.access(.both, anonymous: true)
        let known = GrantCache()
        known.insert(try .made(token: "a"), as: .publisher, of: known.generation)
        #expect(Self.outcome(access, as: .publisher, with: .bearer("a"), known: known) == .known)
        #expect(Self.outcome(access, as: .publisher, with: .parameter("a"), known: known) == .known)
        #expect(Self.outcome(access, as: .publisher, with: .bearer("b"), known: known) == .pending)
        #expect(Self.outcome(access, as: .subscriber, with: .bearer("a"), known: known) == .pending)
        // The page is looked at all the same.
        let listed = Credential.cookie("a", page: "https://app.example")
        #expect(Self.outcome(access, as: .publisher, with: listed, known: known) == .known)
        let foreign = Credential.cookie("a", page: "https://evil.example")
        #expect(Self.outcome(access, as: .publisher, with: foreign, known: known) == .foreign)
        #expect(Self.outcome(access, as: .publisher, with: .cookie("a", page: nil), known: known) == .pageless)
    }

    @Test(arguments: [
        "https://app.example", "https://app.example/", "https://app.example/some/page?a=b", "HTTPS://APP.EXAMPLE:443",
        "http://localhost:3000", "http://localhost:3000/page",
    ])
    func `A page is told by its origin`(_ page: String) async throws {
        let access = try await Self.access(.both, anonymous: false)
        #expect(Self.outcome(access, as: .publisher, with: .cookie("a", page: page)) == .pending)
    }

    @Test(arguments: [
        "null", "", "https://", "app.example", "http://app.example", "https://app.example:8443", "https://app.example.",
        "https://sub.app.example", "https://app.example.evil.example", "https://app.example@evil.example",
        "https://evil.example@app.example", "https://evil.example/https://app.example",
        "https://evil.example?https://app.example", "http://localhost", "http://localhost:30000",
        "https://app.example, https://app.example",
    ])
    func `Another page may not publish with a visitor's cookie`(_ page: String) async throws {
        let access = try await Self.access(.both, anonymous: false)
        guard case .refused = Self.outcome(access, as: .publisher, with: .cookie("a", page: page)) else {
            Issue.record("\(page) may publish")
            return
        }
    }
}
