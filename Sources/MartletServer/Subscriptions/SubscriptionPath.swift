import HTTPTypes

/// What a path of the subscriptions API speaks of: all subscriptions, those to one topic, or one subscriber's to one topic.
struct SubscriptionPath: Sendable, Hashable {
    static let root = HubEndpoint.hubPath + "/subscriptions"
    static let prefix = Self.root + "/"

    /// The selector, in the subscriber's words.
    let topic: String?
    let subscriber: String?

    init(topic: String? = nil, subscriber: String? = nil) {
        self.topic = topic
        self.subscriber = subscriber
    }

    /// Reads what follows ``root``: segments that are percent-encoded once.
    init(_ path: String) throws(RequestError) {
        if path.isEmpty {
            self.init()
            return
        }
        let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard segments.count <= 2, segments.allSatisfy({ !$0.isEmpty }) else {
            throw RequestError(
                .notFound,
                "There is no such list of subscriptions: it is \(Self.root), or that with /{topic} or /{topic}/{subscriber}."
            )
        }
        do {
            let texts = try segments.map { try FormFields.decode(Substring($0), plusIsSpace: false) }
            self.init(topic: texts[0], subscriber: texts.count > 1 ? texts[1] : nil)
        } catch {
            throw RequestError(reading: error)
        }
    }

    /// The path in the one form in which it is the id of a subscription and the topic of its updates.
    var text: String {
        var text = Self.root
        for segment in [self.topic, self.subscriber].compactMap({ $0 }) { text += "/" + Self.encoded(segment) }
        return text
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// Everything but unreserved characters is encoded (RFC 3986 §2.3), as `encodeURIComponent` nearly does.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3)
        for byte in text.utf8 {
            if byte.isNameByte || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "~") {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), self.hexDigits[Int(byte >> 4)], self.hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
