import NIOCore

/// The streams and polls of one event loop by whom they were granted to, so that they can be ended when that is withdrawn.
/// Confined to the loop.
final class StreamsBySubject {
    /// For how long it is known that a subject's were ended: longer than a request takes from being decided on to its answer.
    private static let memory: TimeAmount = .minutes(5)
    private static let minRemembered = 1024

    private var members: [String: [ObjectIdentifier: any HasDeadline]] = [:]
    private var endings: [String: (number: Int, at: NIODeadline)] = [:]
    /// At how many of them those that are over are looked for.
    private var pruning = StreamsBySubject.minRemembered

    /// How often something was withdrawn.
    private(set) var count = 0

    func add(_ member: any HasDeadline, of subject: String) {
        if subject.isEmpty { return }
        self.members[subject, default: [:]][ObjectIdentifier(member)] = member
    }

    func remove(_ member: any HasDeadline, of subject: String) {
        if subject.isEmpty { return }
        self.members[subject]?[ObjectIdentifier(member)] = nil
        if self.members[subject]?.isEmpty == true { self.members[subject] = nil }
    }

    /// Ends those of a subject, and those that are being opened.
    func end(_ subject: String, now: NIODeadline = .now()) {
        self.count += 1
        if self.endings.count >= self.pruning {
            self.endings = self.endings.filter { now - $0.value.at < Self.memory }
            // Not again for each of those that follow, if an application has everybody log out.
            self.pruning = max(Self.minRemembered, self.endings.count * 2)
        }
        self.endings[subject] = (self.count, now)
        // A copy, since what ends leaves.
        for member in Array((self.members[subject] ?? [:]).values) { member.deadlinePassed() }
    }

    /// Whether a subject's were ended since there had been `count` endings.
    func wasEnded(_ subject: String, since count: Int) -> Bool {
        guard count != self.count, let ending = self.endings[subject] else { return false }
        return ending.number > count
    }
}
