/// One run of `martlet doctor`: makes the probes of a URL, side by side where they don't disturb each other.
struct DoctorRun: Sendable {
    let target: DoctorTarget
    let client: DoctorClient
    let connections: ConnectionProbe
    /// For how long to listen, in seconds.
    let listen: Double
    var isAuthorized = false
    /// Where to publish; `nil` if nothing is to be published.
    var hub: DoctorHub?
    /// The question about a page's origin, without the answers.
    var cors: CORSRecord?
    let progress: @Sendable (String) -> Void

    /// How long a head, and an event, is waited for in probes beside the listening.
    var headPatience: Double { min(3, self.listen) }
    var eventPatience: Double { min(5, self.listen) }

    func examine() async -> Examination {
        let result = Examination(
            target: self.target,
            isAuthorized: self.isAuthorized,
            connection: await self.connections.run(self.target)
        )
        if result.connection.failure != nil { return result }
        // Nothing is sent, least of all a token, to a server that browsers refuse to talk to.
        if result.connection.findings.contains(where: { $0.verdict == .fail }) { return result }
        let log = StreamLog()
        // Cancelled, and waited for, where this scope ends.
        async let _ = self.client.follow(self.target.text, into: log)
        return await self.examine(log, result)
    }

    private func examine(_ log: StreamLog, _ begun: Examination) async -> Examination {
        var result = begun
        self.progress("listening to \(self.target.shown) for \(spoken(self.listen))")
        await log.wait(until: self.headPatience) { $0.head != nil || $0.end != nil }
        let early = log.current
        if early.end != nil || early.head.map({ !$0.isEventStream }) == true {
            // What a refusal says is read, but not a whole file that is no stream.
            await log.wait(until: log.now + 2) { $0.end != nil || $0.body.count >= StreamRecord.keptBody }
            result.stream = log.current
            result.listened = log.now
            await self.moved(&result)
            return result
        }
        async let beside = self.probeBeside()
        await self.listen(to: log)
        result.listened = log.now
        result.stream = log.current
        let found = await beside
        result.delivery = found.delivery
        result.resume = found.resume
        result.gap = found.gap
        result.encoding = found.encoding
        result.cors = found.cors
        if let record = result.stream, case .untried = found.resume {
            result.resume = await self.resume(after: record)
        }
        await self.moved(&result)
        return result
    }

    /// Waits for the time to be over, or the stream.
    private func listen(to log: StreamLog) async {
        var next = log.now + 5
        while log.now < self.listen {
            if await log.wait(until: min(next, self.listen), { $0.end != nil }) { return }
            guard next < self.listen else { continue }
            let record = log.current
            let came = "\(spoken(record.events, "event")) and \(spoken(record.comments, "comment"))"
            self.progress("\(spoken(next.rounded())) of \(spoken(self.listen)): \(came) so far")
            next += 5
        }
    }

    /// Judges the connection to where the stream is, if redirects led elsewhere.
    private func moved(_ result: inout Examination) async {
        guard let url = result.stream?.url, let end = DoctorTarget(url), end.origin != self.target.origin else {
            return
        }
        result.connection = await self.connections.run(end)
    }
}
