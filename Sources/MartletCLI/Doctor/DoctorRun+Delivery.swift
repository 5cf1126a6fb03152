import EventSourceClient

/// Publishing, and seeing when it arrives.
extension DoctorRun {
    private static let samples = 5

    /// Publishes to a topic of its own that it subscribes to as browsers do; if that goes badly, or is compressed,
    /// again without compression, to know whose fault it is.
    ///
    /// - Returns: And the ids of what came, for a reconnection.
    func deliver(through hub: DoctorHub) async -> (record: DeliveryRecord, ids: [String]) {
        switch await self.run(through: hub, encoding: "gzip, deflate") {
        case .failure(let refusal):
            return (refusal.record, [])
        case .success(let browser):
            var plain: DeliveryRecord.Run?
            if !browser.run.isPrompt || browser.run.encoding != nil,
                case .success(let second) = await self.run(through: hub, encoding: "identity")
            {
                plain = second.run
            }
            return (.measured(browser: browser.run, plain: plain), browser.ids)
        }
    }

    private struct Refusal: Error {
        let record: DeliveryRecord
    }

    private struct Delivered: Sendable {
        var run = DeliveryRecord.Run()
        var ids: [String] = []
    }

    private func run(through hub: DoctorHub, encoding: String) async -> Result<Delivered, Refusal> {
        var delivered = Delivered()
        var refusal: DeliveryRecord?
        _ = await self.observe(hub.subscribe, encoding: encoding, marker: hub.topic) { log in
            await log.wait(until: self.headPatience) { $0.head != nil || $0.end != nil }
            if let head = log.current.head, !head.isEventStream {
                refusal = .untried(
                    why: "A topic of the doctor's own can't be subscribed to there (\(head.status)), so how long an "
                        + "event takes was not measured.",
                    cure: "Give a token with --token that may subscribe to every topic."
                )
                return
            }
            delivered.run.hadNoHead = log.current.head == nil
            for number in 1...Self.samples {
                let data = "\(hub.topic) \(encoding) \(number)"
                let start = log.now
                let answer = await self.client.publish(data, to: hub)
                if let record = self.refusal(answer, hub) {
                    if number == 1 { refusal = record }
                    return
                }
                delivered.run.published += 1
                await log.wait(until: log.now + self.eventPatience) { record in
                    record.kept.contains { $0.data == data } || record.end != nil
                }
                guard let event = log.current.kept.first(where: { $0.data == data }) else { break }
                delivered.run.seconds.append(event.at - start)
                if !event.id.isEmpty { delivered.ids.append(event.id) }
            }
            delivered.run.encoding = log.current.head?.encoding
        }
        if let refusal { return .failure(Refusal(record: refusal)) }
        return .success(delivered)
    }

    /// What a publication that was not taken comes to.
    private func refusal(_ answer: DoctorClient.Publication, _ hub: DoctorHub) -> DeliveryRecord? {
        // Elsewhere anything may be answered with 200, a page for instance.
        let isHub = answer.mediaType == "text/plain" || !hub.isGuessed
        let place = redactedURL(hub.publish)
        if answer.isTaken, isHub { return nil }
        if answer.status == 0 {
            return .untried(
                why: "An event could not be published to \(place): \(answer.sentence).",
                cure: "Say with --publish-url where updates are posted to."
            )
        }
        if (300..<400).contains(answer.status) {
            return .untried(
                why: "\(place) redirects, and publishers don't follow.",
                cure: "Use the URL it leads to."
            )
        }
        if !isHub || [404, 405].contains(answer.status) {
            return .untried(
                why: "There is no hub at \(place) to publish to, so how long an event takes was not measured.",
                cure: "Say with --publish-url where updates are posted to."
            )
        }
        return .refused(status: answer.status, sentence: answer.sentence)
    }
}
