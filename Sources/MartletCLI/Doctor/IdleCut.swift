/// A proxy's habit of ending connections on which nothing came for a time.
struct IdleCut: Equatable, Sendable {
    /// What it is called for people, with the setting.
    let name: String
    let seconds: Int
    /// What of its name stands in `Server` or `Via`, in lower case.
    let mark: String

    /// Defaults, the shortest first. HAProxy has none of its own; 50 s is what Debian's configuration sets. By
    /// the settings `timeout client`, `proxy_read_timeout`, `ProxyTimeout`, `idle_timeout.timeout_seconds`,
    /// error 524, and `stream_idle_timeout`.
    static let known: [IdleCut] = [
        IdleCut(name: "HAProxy (timeout client/server, as Debian sets it)", seconds: 50, mark: "haproxy"),
        IdleCut(name: "Heroku", seconds: 55, mark: "heroku"),
        IdleCut(name: "nginx (proxy_read_timeout)", seconds: 60, mark: "nginx"),
        IdleCut(name: "AWS ALB (idle timeout)", seconds: 60, mark: "awselb"),
        IdleCut(name: "Apache (ProxyTimeout)", seconds: 60, mark: "apache"),
        IdleCut(name: "Cloudflare", seconds: 120, mark: "cloudflare"),
        IdleCut(name: "Envoy (stream_idle_timeout)", seconds: 300, mark: "envoy"),
    ]

    /// Those that would end a stream that is silent for so long.
    static func cutting(silence: Double) -> [IdleCut] {
        self.known.filter { silence >= Double($0.seconds) }
    }

    /// `nginx (proxy_read_timeout) after 60 s, …`
    static func spoken(_ cuts: [IdleCut]) -> String {
        cuts.map { "\($0.name) after \($0.seconds) s" }.joined(separator: ", ")
    }
}
