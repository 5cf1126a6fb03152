import EventSourceClient

/// Tells on standard error what becomes of the connection: that it failed, and that it is back.
struct ConnectionReport {
    private var isDown = false

    mutating func took(_ state: EventSource.State) {
        switch state {
        case .waiting(let reason, let delay):
            isDown = true
            StandardError.write("\(reason.message); next attempt in \(seconds(delay))")
        case .open:
            if isDown { StandardError.write("connected again") }
            isDown = false
        case .connecting, .closed:
            break
        }
    }

    private func seconds(_ delay: Duration) -> String {
        let tenths = (delay / .milliseconds(100)).rounded(.up)
        return tenths.truncatingRemainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10)) s" : "\(tenths / 10) s"
    }
}

/// Says why there is no stream: what was refused, and the first line of what the server said about it.
struct RefusalSentence {
    let text: String

    init(_ error: EventSourceError) {
        self.init(error.message, body: error.body)
    }

    init(_ message: String, body: String) {
        let line = body.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) }
        text = line.map { "\(message): \($0.prefix(500))" } ?? message
    }
}
