import Martlet

extension Update {
    /// An update as short as a test writes it.
    static func sample(
        _ topics: String...,
        data: String = "x",
        id: String? = nil,
        isPrivate: Bool = false
    ) throws -> Update {
        try Update(topics: topics.map { try Topic($0) }, data: data, id: id, isPrivate: isPrivate)
    }
}

extension Interest {
    /// An interest as short as a test writes it.
    static func sample(_ selectors: String..., grants: [String] = []) throws -> Interest {
        Interest(selectors: try selectors.map { try Selector($0) }, grants: try grants.map { try Selector($0) })
    }
}

/// Templates that meet the topics of ``RandomTraffic``, and which of them each gives, in plain words.
let sampleTemplates: [String: @Sendable (String) -> Bool] = [
    "topic/{id}": { $0.hasPrefix("topic/") },
    "topic/3{rest}": { $0.hasPrefix("topic/3") },
    "{+all}": { _ in true },
    "{one}": { _ in false },
    "topic/{id}{?page,size}": { $0.hasPrefix("topic/") },
    "{a}/{b}": { _ in true },
    "topic/1{/more*}": { $0 == "topic/1" },
]

/// Updates and interests over a handful of topics, so that they meet often.
struct RandomTraffic {
    var random: SeededGenerator
    /// How many of a hundred updates are so large that a few of them fill a write.
    private let largePercent: Int
    private static let names = (0..<7).map { "topic/\($0)" }

    init(seed: Int) {
        self.random = SeededGenerator(seed: seed)
        self.largePercent = seed % 5 == 4 ? 15 : 1
    }

    /// An update whose data begins with `number`; now and then private, large, or with an id of its own.
    mutating func update(_ number: Int) throws -> Update {
        let count = self.random.chance(30) ? Int.random(in: 2...4, using: &self.random) : 1
        let padding =
            self.random.chance(self.largePercent)
            ? 50_000 : self.random.chance(20) ? Int.random(in: 0...2000, using: &self.random) : 0
        return try Update(
            // The same one may come twice.
            topics: (0..<count).map { _ in try Topic(Self.names.randomElement(using: &self.random)!) },
            data: "\(number) " + String(repeating: "x", count: padding),
            id: self.random.chance(10) ? "mine:\(number)" : nil,
            type: self.random.chance(10) ? "notice" : nil,
            retry: nil,
            isPrivate: self.random.chance(30)
        )
    }

    mutating func interest() throws -> Interest {
        Interest(selectors: try self.selectors(1...4), grants: self.random.chance(50) ? [] : try self.selectors(1...3))
    }

    private mutating func selectors(_ counts: ClosedRange<Int>) throws -> [Selector] {
        if self.random.chance(15) { return [.everything] }
        return try (0..<Int.random(in: counts, using: &self.random)).map { _ in
            if self.random.chance(20) {
                return try Selector(sampleTemplates.keys.sorted().randomElement(using: &self.random)!)
            }
            return try Selector(
                self.random.chance(5) ? "nobody/publishes/this" : Self.names.randomElement(using: &self.random)!
            )
        }
    }
}
