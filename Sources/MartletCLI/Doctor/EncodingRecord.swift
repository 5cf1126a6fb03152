/// How the stream is compressed if asked for with all that browsers offer.
struct EncodingRecord: Equatable, Sendable {
    static let offered = "gzip, deflate, br, zstd"

    /// Whether there was an answer at all.
    var isAnswered: Bool
    var encoding: String?
    /// Whether the hub says that it has compressed the stream itself, once for all: then events aren't held back to be
    /// compressed together, and a stream costs no memory.
    var isShared = false
    /// What a second request came to, without compression; only made if the first was not answered, or compressed.
    var plain: Plain?

    enum Plain: Equatable, Sendable {
        case silent, head
        case bytes
    }

    /// - Parameter isSilent: Whether the stream that was listened to, compressed if the server likes, brought nothing.
    func finding(_ delivery: DeliveryRecord, isSilent: Bool) -> Finding {
        if self.isToBlame(delivery, isSilent) {
            let name = self.encoding.map { " (\($0))" } ?? ""
            return .fail(
                .compression,
                "The stream is compressed\(name), and that holds it back: without, it comes at once.",
                cure: Self.cure
            )
        }
        guard self.isAnswered else {
            return .skip(.compression, "There was no head that would tell whether the stream is compressed.")
        }
        guard let encoding = self.encoding else { return .ok(.compression, "The stream is not compressed.") }
        if case .measured(let run, _) = delivery, run.isPrompt, run.encoding == encoding {
            if self.isShared {
                return .ok(
                    .compression,
                    "The hub compresses the stream (\(encoding)), each event once for all; events come in time."
                )
            }
            return .warn(
                .compression,
                "The stream is compressed (\(encoding)); events come in time all the same.",
                cure: Self.cure
            )
        }
        return .warn(
            .compression,
            "The stream is compressed (\(encoding)); a compressor that waits for more holds events back.",
            cure: Self.cure
        )
    }

    private static let cure =
        "Except text/event-stream from compression (nginx: take it out of gzip_types); it holds memory for each "
        + "stream, and gains little on short events."

    /// Whether what does not come with compression comes without.
    private func isToBlame(_ delivery: DeliveryRecord, _ isSilent: Bool) -> Bool {
        if delivery.isDelayedByCompression { return true }
        guard isSilent else { return false }
        return self.plain == .bytes || self.plain == .head && !self.isAnswered
    }
}
