/// The streams of one event loop by whom they were granted to, so that they can be ended when that is withdrawn. Confined to
/// the loop.
final class StreamsBySubject {
    private var streams: [String: [ObjectIdentifier: StreamMembership]] = [:]

    func add(_ stream: StreamMembership, of subject: String) {
        self.streams[subject, default: [:]][ObjectIdentifier(stream)] = stream
    }

    func remove(_ stream: StreamMembership, of subject: String) {
        self.streams[subject]?[ObjectIdentifier(stream)] = nil
        if self.streams[subject]?.isEmpty == true { self.streams[subject] = nil }
    }

    /// Those of a subject; a copy, since a stream that ends leaves.
    func all(of subject: String) -> [StreamMembership] {
        self.streams[subject].map { Array($0.values) } ?? []
    }
}
