/// The server under load: its URL, its ways, and what goes with every request.
package struct HubTarget: Sendable {
    package let url: HubURL
    package let profile: HubProfile
    package let subscribePath: String
    package let publishPath: String?
    package let body: HubProfile.Body
    /// A name for this run, so that no other's updates are counted.
    package let run: String
    private let headers: [(name: String, value: String)]

    /// - Parameters:
    ///   - subscribe: a path in place of the profile's; `{topic}` stands for the topic.
    ///   - publish: the same.
    ///   - batches: whether many updates are published in one request.
    /// - Throws: ``BenchError`` if the profile can't do what is asked.
    package init(
        url: HubURL,
        profile: HubProfile,
        subscribe: String? = nil,
        publish: String? = nil,
        batches: Bool = false,
        headers: [(name: String, value: String)] = [],
        run: String = String(UInt32.random(in: .min ... .max), radix: 36)
    ) throws(BenchError) {
        guard !batches || profile.hasBatches else {
            throw BenchError(.invalidTarget, "Only Martlet takes many updates in one request (--batch).")
        }
        if profile != .sse, subscribe == nil, url.target != "/" {
            throw BenchError(
                .invalidTarget,
                "With the profile \(profile.rawValue) the URL is scheme, host and port, and its paths are known; "
                    + "--subscribe and --publish name others. '\(url.target)' as it is takes --profile sse."
            )
        }
        for (option, path) in [("--subscribe", subscribe), ("--publish", publish)] {
            guard let path else { continue }
            guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw BenchError(.invalidTarget, "\(option) takes a path such as /sub/{topic}; found '\(path)'.")
            }
        }
        self.url = url
        self.profile = profile
        self.subscribePath = subscribe ?? profile.subscribePath ?? url.target
        self.publishPath = publish ?? profile.publishPath(batches: batches)
        self.body = profile.body(batches: batches)
        self.headers = headers
        self.run = run
    }

    /// The name of a topic.
    func topic(_ number: Int) -> String { self.profile.topic(number, of: self.run) }

    /// The request that opens a stream.
    ///
    /// - Parameters:
    ///   - topic: the topic that is published to.
    ///   - others: further ones, for protocols that take several.
    ///   - lastEventID: the id to go on after.
    func subscribeRequest(topic: Int, others: Range<Int> = 0..<0, lastEventID: String? = nil) -> [UInt8] {
        var path = self.subscribePath.replacing("{topic}", with: self.topic(topic))
        for other in others {
            path += "\(path.contains("?") ? "&" : "?")topic=\(self.topic(other))"
        }
        var text = "GET \(path) HTTP/1.1\r\nHost: \(self.url.authority)\r\nAccept: text/event-stream\r\n"
        if let lastEventID { text += "Last-Event-ID: \(lastEventID)\r\n" }
        return Array((text + self.headerLines + "\r\n").utf8)
    }

    /// The head of a request that publishes, for the given length of its body.
    func publishHead(path: String, topic: Int, bodyBytes: Int) -> [UInt8] {
        let path = path.replacing("{topic}", with: self.topic(topic))
        return Array(
            ("POST \(path) HTTP/1.1\r\nHost: \(self.url.authority)\r\nContent-Type: \(self.body.contentType)\r\n"
                + "Content-Length: \(bodyBytes)\r\n\(self.headerLines)\r\n").utf8
        )
    }

    private var headerLines: String {
        self.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
    }
}
