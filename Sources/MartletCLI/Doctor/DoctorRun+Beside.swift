/// The probes that are made while the stream is listened to, on requests of their own.
extension DoctorRun {
    struct Beside: Sendable {
        var delivery = DeliveryRecord.untried(
            why: "It is no Mercure hub, as far as the URL shows; how long an event takes was not measured.",
            cure: "--publish-url URL, if updates can be posted there as to a Mercure hub."
        )
        var resume = ResumeRecord.untried(why: "Nothing was published that could be missed.")
        var gap = GapRecord.untried(
            why: "An unknown id was not tried, since this is no hub that could be published to."
        )
        var encoding = EncodingRecord(isAnswered: false, encoding: nil)
        var cors: CORSRecord?
    }

    /// All of them begin at the URL as it was given, through its redirects, for only on that way is it known where a
    /// token may go.
    func probeBeside() async -> Beside {
        let url = self.target.text
        var found = Beside()
        async let encoding = self.encoding(of: url)
        async let cors = self.ask(self.cors, url: url)
        await self.publish(&found)
        found.encoding = await encoding
        found.cors = await cors
        return found
    }

    private func publish(_ found: inout Beside) async {
        guard let hub = self.hub else { return }
        let delivery = await self.deliver(through: hub)
        found.delivery = delivery.record
        if delivery.record.isHeldBack {
            found.resume = .untried(why: "What is held back can't show whether missed events are sent again.")
            found.gap = .untried(why: "What is held back can't show whether a gap is told.")
        } else if delivery.ids.count > 1 {
            found.resume = await self.resume(hub.subscribe, ids: delivery.ids)
            found.gap = await self.gap(hub)
        }
    }

    private func encoding(of url: String) async -> EncodingRecord {
        let head = await self.head(of: url, encoding: EncodingRecord.offered).head
        var record = EncodingRecord(
            isAnswered: head != nil,
            encoding: head?.encoding,
            isShared: head?.list("Martlet-Compression") == ["shared"]
        )
        if head == nil || record.encoding != nil {
            let plain = await self.observe(url, encoding: "identity") { log in
                await log.wait(until: self.headPatience) { $0.bytes > 0 || $0.end != nil }
            }
            record.plain = plain.bytes > 0 ? .bytes : plain.head != nil ? .head : .silent
        }
        return record
    }

    /// Asks for a stream, and hangs up when its head has come; a refusal's sentence is waited for.
    private func head(
        of url: String,
        fields: [(String, String)] = [],
        encoding: String = "gzip, deflate"
    ) async -> StreamRecord {
        await self.observe(url, fields: fields, encoding: encoding) { log in
            await log.wait(until: self.headPatience) { $0.head != nil || $0.end != nil }
            if log.current.head?.status != 200 { await log.wait(until: log.now + 1) { $0.end != nil } }
        }
    }

    /// Follows a stream for as long as `work` takes.
    func observe(
        _ url: String,
        fields: [(String, String)] = [],
        encoding: String = "gzip, deflate",
        marker: String? = nil,
        _ work: (StreamLog) async -> Void
    ) async -> StreamRecord {
        let log = StreamLog(marker: marker)
        // Cancelled, and waited for, where this scope ends.
        async let _ = self.client.follow(url, fields: fields, encoding: encoding, into: log)
        await work(log)
        return log.current
    }

    private func ask(_ question: CORSRecord?, url: String) async -> CORSRecord? {
        guard var cors = question else { return nil }
        let record = await self.head(of: url, fields: [("Origin", cors.origin)])
        cors.actual = record.head
        cors.actualSentence = record.bodySentence
        cors.preflight = await self.preflight(url, origin: cors.origin)
        return cors
    }

    private func preflight(_ url: String, origin: String) async -> AnswerHead? {
        let log = StreamLog()
        async let _ = self.client.preflight(url, origin: origin, into: log)
        await log.wait(until: self.headPatience) { $0.head != nil || $0.end != nil }
        return log.current.head
    }

    /// Reconnects with the first of some ids, and sees whether the others come.
    func resume(_ url: String, ids: [String]) async -> ResumeRecord {
        let wanted = Array(ids.dropFirst())
        var seconds = 0.0
        let record = await self.observe(url, fields: [("Last-Event-ID", ids[0])]) { log in
            await log.wait(until: self.eventPatience) { $0.ids.count >= wanted.count || $0.end != nil }
            seconds = log.now
        }
        return .tried(
            sent: ids[0],
            wanted: wanted,
            found: record.ids,
            answered: record.head?.first("Last-Event-ID"),
            seconds: seconds
        )
    }

    /// Resumes after what was heard, on a stream that can't be published to.
    func resume(after record: StreamRecord) async -> ResumeRecord {
        let ids = record.ids
        if record.events == 0 { return .untried(why: "No event came, so there was none to go on after.") }
        if ids.isEmpty { return .noIDs }
        if ids.count == 1 { return .untried(why: "Only one event with an id came, so there was none to miss.") }
        return await self.resume(self.target.text, ids: Array(ids.prefix(2)))
    }

    private func gap(_ hub: DoctorHub) async -> GapRecord {
        let unknown = "unknown-\(hub.topic.split(separator: "/").last ?? "id")"
        let record = await self.observe(hub.subscribe, fields: [("Last-Event-ID", unknown)]) { log in
            await log.wait(until: self.headPatience) { $0.events > 0 || $0.end != nil }
        }
        return .tried(
            sent: unknown,
            answered: record.head?.first("Last-Event-ID"),
            firstType: record.kept.first?.type
        )
    }
}
