/// Judges what came of a stream while it was listened to.
struct StreamJudgement {
    let record: StreamRecord
    /// When listening ended, in seconds since the request.
    let listened: Double
    /// Whether it was seen that events are held back; then what did not come says nothing about the server.
    var isHeldBack = false

    var findings: [Finding] {
        [self.firstByte, self.format, self.heartbeat, self.streamEnd] + (self.retry.map { [$0] } ?? [])
    }

    /// How long the head was there before listening ended.
    private var open: Double { (self.record.endedAt ?? self.listened) - (self.record.headAt ?? 0) }

    private var firstByte: Finding {
        guard let first = self.record.firstByteAt, let head = self.record.headAt else {
            return .warn(
                .firstByte,
                "After its head nothing came for \(spoken(self.open)). Either the server had nothing to say, or "
                    + "something holds it back.",
                cure: "Have the server send a comment (\":\" and an empty line) at once, and then at least every 30 s; "
                    + "then what is held back is told from what isn't there."
            )
        }
        let delay = first - head
        if delay < 1 {
            let what = self.record.comments > 0 ? "comment" : "byte"
            return .ok(.firstByte, "The first \(what) came \(spoken(delay)) after the head.", seconds: delay)
        }
        return .warn(
            .firstByte,
            "The first byte came \(spoken(delay)) after the head.",
            cure: "Have the server send a comment at once, which also shows that nothing buffers.",
            seconds: delay
        )
    }

    private var format: Finding {
        let record = self.record
        if case .broken(let reason) = record.end, reason.contains("longer than") {
            return .fail(.format, "The stream can't be read: \(reason).", cure: "Send smaller events, or references.")
        }
        if record.bytes == 0 { return .skip(.format, "Nothing came whose form could be judged.") }
        if record.events == 0, record.comments == 0, record.retry == nil {
            return .fail(
                .format,
                "\(spoken(record.bytes, "byte")) came, but no event: the lines don't make one.",
                cure: "Begin each line of data with \"data: \", and end each event with an empty line."
            )
        }
        var parts: [String] = []
        if record.events > 0 { parts.append(spoken(record.events, "event")) }
        if record.comments > 0 { parts.append(spoken(record.comments, "comment")) }
        let what = parts.isEmpty ? "A reconnection time" : parts.joined(separator: " and ")
        return .ok(.format, "\(what) came in \(spoken(self.open)).")
    }

    private var heartbeat: Finding {
        let record = self.record
        let end = record.endedAt ?? self.listened
        let silence = record.silence(until: end)
        if record.end != nil {
            return .skip(.heartbeat, "The stream ended before a rhythm could be seen.")
        }
        let cuts = IdleCut.cutting(silence: silence)
        let cure = "Send a comment every 15 s (streams.heartbeat of a hub)."
        if !cuts.isEmpty {
            return .warn(
                .heartbeat,
                "Nothing came for \(spoken(silence)). Such a silence is cut by \(IdleCut.spoken(cuts)).",
                cure: cure,
                seconds: silence
            )
        }
        // What comes at first, however much, is a greeting; a rhythm is a silence that was ended.
        let isRhythm = record.longestSilence > 0 && record.longestSilence >= (end - (record.lastByteAt ?? 0)) / 2
        guard isRhythm else {
            if self.isHeldBack {
                return .skip(.heartbeat, "What is held back can't be told from what isn't sent.")
            }
            return .warn(
                .heartbeat,
                "No heartbeat was seen: the last \(spoken(end - (record.lastByteAt ?? record.headAt ?? 0))) were silent. "
                    + "Without one, a quiet stream is cut by "
                    + "\(IdleCut.spoken(IdleCut.known)).",
                cure: cure + " To see one that is slower: --listen \(max(70, Int(end) * 2)).",
                seconds: silence
            )
        }
        if record.comments == 0 {
            return .warn(
                .heartbeat,
                "Something came at least every \(spoken(silence)), but events only: what happens when there are none "
                    + "for a while was not to be seen.",
                cure: "Send a comment every 15 s when there is no event (streams.heartbeat of a hub).",
                seconds: silence
            )
        }
        let first = IdleCut.known[0]
        return .ok(
            .heartbeat,
            "Something came at least every \(spoken(silence)), comments among it; the shortest known idle cut is "
                + "\(first.seconds) s.",
            seconds: silence
        )
    }

    private var streamEnd: Finding {
        guard let end = self.record.end else {
            return .ok(.streamEnd, "The stream was still open after \(spoken(self.open)).", seconds: self.open)
        }
        let quiet = (self.record.endedAt ?? 0) - (self.record.lastByteAt ?? self.record.headAt ?? 0)
        let length = spoken(self.open)
        let isAbrupt = end != .finished
        if quiet >= 1 {
            return .fail(
                .streamEnd,
                "The stream was cut after \(length), when nothing had come for \(spoken(quiet)): "
                    + (isAbrupt ? "an idle cut, without a word." : "an idle cut, or a server that gives up."),
                cure:
                    "Send heartbeats more often than every \(spoken(quiet)) (streams.heartbeat of a hub), or raise the "
                    + "proxy's limit (nginx: proxy_read_timeout 1h).",
                seconds: self.open
            )
        }
        if case .broken(let reason) = end {
            return .fail(
                .streamEnd,
                "The stream broke off after \(length): \(reason).",
                cure: "Look into the logs of the server and the proxy; a limit on the whole answer's time (Envoy: "
                    + "route timeout) or a worker that is restarted does this.",
                seconds: self.open
            )
        }
        let sentence = "The server ended the stream after \(length)"
        if self.record.head?.first("Content-Length") != nil || self.record.events == 0 || self.open < 1 {
            return .fail(
                .streamEnd,
                "\(sentence); a page reconnects after some seconds, each time.",
                cure: "Keep the answer open, and send events as they come; a script's limit on its time, or a handler "
                    + "that returns, ends it.",
                seconds: self.open
            )
        }
        return .warn(
            .streamEnd,
            "\(sentence), and spoke until then; a page reconnects after some seconds.",
            cure: "If that is not meant: a limit on the age of an answer ended it, at the server or a proxy.",
            seconds: self.open
        )
    }

    private var retry: Finding? {
        guard let retry = self.record.retry else { return nil }
        let time = spoken(Double(retry) / 1000)
        if retry < 500 {
            return .warn(
                .retry,
                "Pages are told to come back after \(time): all of them at once, when the server restarts.",
                cure: "Send retry: 3000 or so, or none, for the browser's own few seconds."
            )
        }
        if retry > 60_000 {
            return .warn(
                .retry,
                "Pages are told to come back only after \(time); a dropped connection is noticed by whoever waits.",
                cure: "Send retry: 3000 or so, in milliseconds."
            )
        }
        return .ok(.retry, "Pages are told to come back after \(time).")
    }
}
