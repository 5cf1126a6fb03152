/// Judges what the head of a stream says to caches and proxies, and which of them it came through.
struct HeaderJudgement {
    let head: AnswerHead

    var findings: [Finding] { [self.caching, self.proxies] }

    private var caching: Finding {
        let control = self.head.list("Cache-Control")
        let maxAge = control.contains { $0.hasPrefix("max-age=") && $0 != "max-age=0" || $0.hasPrefix("s-maxage=") }
        if let age = self.head.first("Age"), age != "0" {
            return .fail(
                .caching,
                "The answer comes out of a cache (Age: \(age)), so it is old events.",
                cure: "Send Cache-Control: no-store with streams, and except them from the cache of the proxy."
            )
        }
        if maxAge || control.contains("public") {
            return .warn(
                .caching,
                "Cache-Control is \(control.joined(separator: ", ")): a cache may collect the stream, and hold it back.",
                cure: "Send Cache-Control: no-store with streams."
            )
        }
        guard control.contains("no-store") || control.contains("no-cache") || control.contains("private") else {
            return .warn(
                .caching,
                "Nothing keeps caches from storing the stream.",
                cure: "Send Cache-Control: no-cache, no-store, no-transform with streams."
            )
        }
        // nginx takes X-Accel-Buffering out of what it passes on.
        let asksNginx = self.head.first("X-Accel-Buffering")?.lowercased() == "no" || self.isBehind("nginx")
        guard asksNginx else {
            return .warn(
                .caching,
                "Caches are told not to store it, but an nginx put before it would buffer it.",
                cure: "Send X-Accel-Buffering: no with streams."
            )
        }
        let transform = control.contains("no-transform") ? " or change" : ""
        return .ok(.caching, "Caches are told not to store\(transform) it.")
    }

    private func isBehind(_ name: String) -> Bool {
        (self.head.all("Server") + self.head.all("Via")).contains { $0.lowercased().contains(name) }
    }

    private var proxies: Finding {
        var seen: [String] = []
        func add(_ name: String) {
            if !seen.contains(name) { seen.append(name) }
        }
        for server in self.head.all("Server") { add(server) }
        for via in self.head.all("Via") { add("Via: \(via)") }
        let marks = [
            ("CF-Ray", "Cloudflare"), ("X-Amz-Cf-Id", "CloudFront"), ("X-Varnish", "Varnish"),
            ("X-Served-By", "a cache that sends X-Served-By"), ("X-Azure-Ref", "Azure Front Door"),
            ("Fly-Request-Id", "Fly.io"), ("X-Vercel-Id", "Vercel"),
        ]
        for (field, name) in marks where self.head.first(field) != nil { add(name) }
        let cuts = IdleCut.known.filter { cut in
            seen.contains { $0.lowercased().contains(cut.mark) }
        }
        if seen.isEmpty { return .ok(.proxies, "No proxy makes itself known.") }
        let names = seen.joined(separator: "; ")
        guard !cuts.isEmpty else { return .ok(.proxies, "The answer names: \(names).") }
        let told = cuts.map { "\($0.name) cuts streams that are silent for \($0.seconds) s" }.joined(separator: ", ")
        return .ok(.proxies, "The answer names: \(names). Unless told otherwise, \(told).")
    }
}
