extension Topic {
    /// The path of the Mercure protocol, under which the hub itself has topics.
    package static let hubPath = "/.well-known/mercure"

    /// Whether the topic is the hub's own, about which nobody else publishes.
    package var isReserved: Bool {
        let name = self.name.utf8
        guard name.starts(with: Topic.hubPath.utf8) else { return false }
        guard let next = name.dropFirst(Topic.hubPath.utf8.count).first else { return true }
        return next == UInt8(ascii: "/") || next == UInt8(ascii: "?") || next == UInt8(ascii: "#")
    }
}
