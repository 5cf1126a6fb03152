/// How far a connection to the server got, before HTTP.
struct ConnectionRecord: Equatable, Sendable {
    enum Failure: Equatable, Sendable {
        case notFound, refused, unreachable, timedOut
        case other(String)
    }

    /// `host:port`
    var peer: String
    var isLoopback = false
    /// How long finding the address took.
    var lookup: Double = 0
    /// How long connecting took, or failing to.
    var seconds: Double = 0
    var failure: Failure?
    /// `nil` where there is none, because the URL has `http:` or nothing connected.
    var tls: TLSRecord?

    var findings: [Finding] {
        guard self.failure == nil else { return [self.connectFinding] }
        return [self.connectFinding, self.tls?.finding(host: self.peer) ?? self.plainFinding]
    }

    private var connectFinding: Finding {
        let peer = self.peer
        func fail(_ sentence: String, cure: String) -> Finding {
            .fail(.connect, sentence, cure: cure, seconds: self.seconds)
        }
        switch self.failure {
        case .notFound:
            return fail(
                "The host of \(peer) is not found.",
                cure: "Check the URL for a typing error, and the DNS records of the name."
            )
        case .refused:
            return fail(
                "Nobody listens on \(peer): the connection was refused.",
                cure: "Start the server, or correct the port. One that listens on 127.0.0.1 is there for its own "
                    + "machine only; in a container it has to listen on 0.0.0.0."
            )
        case .unreachable:
            return fail(
                "There is no way to \(peer) in the network.",
                cure: "Check this machine's network, and whether the host's IPv6 address is one that works."
            )
        case .timedOut:
            return fail(
                "\(peer) did not answer a connection for \(spoken(self.seconds)).",
                cure: "A firewall or security group drops packets to this port, or the host is down: open the port."
            )
        case .other(let reason):
            return fail("Cannot connect to \(peer): \(reason).", cure: "Check the server, its address and its port.")
        case nil:
            let time = self.lookup + self.seconds
            if time > 1 {
                return .warn(
                    .connect,
                    "Connecting to \(peer) took \(spoken(time)), \(spoken(self.lookup)) of it to find its address.",
                    cure: "Each reconnection waits as long. Look for a slow resolver, packet loss, an address of the "
                        + "host that doesn't answer, or a server too busy to accept.",
                    seconds: time
                )
            }
            return .ok(.connect, "Connected to \(peer) in \(spoken(time)).", seconds: time)
        }
    }

    private var plainFinding: Finding {
        if self.isLoopback {
            return .ok(.tls, "Not encrypted, which is fine on this machine itself.")
        }
        return .warn(
            .tls,
            "Not encrypted. Pages of https origins can't open this URL, and tokens travel in the clear.",
            cure: "Serve it as https, by the hub's own `tls` setting or a proxy's; that brings HTTP/2 too, and keeps "
                + "proxies of mobile and company networks from buffering the stream."
        )
    }
}

/// What a TLS handshake came to.
enum TLSRecord: Equatable, Sendable {
    /// - Parameters:
    ///   - version: `1.3`
    ///   - protocolName: What ALPN chose: `h2`, `http/1.1`, or `nil`.
    ///   - days: How long the certificate is still valid.
    case done(version: String, protocolName: String?, days: Double?, seconds: Double)
    case failed(Problem)

    enum Problem: Equatable, Sendable {
        case expired(days: Double)
        case notYetValid(days: Double)
        case wrongName
        case untrusted
        case noTLS
        case oldVersion
        case other(String)
    }

    func finding(host: String) -> Finding {
        switch self {
        case .done(let version, let name, let days, let seconds):
            let spokenName = name == "h2" ? "HTTP/2" : "HTTP/1.1"
            let sentence = "TLS \(version) with \(spokenName) in \(spoken(seconds))"
            if version == "1.0" || version == "1.1" {
                return .fail(
                    .tls,
                    "The server speaks TLS \(version) only, which browsers no longer do.",
                    cure: "Enable TLS 1.2 and 1.3 in the server (nginx: ssl_protocols TLSv1.2 TLSv1.3).",
                    seconds: seconds
                )
            }
            guard let days else { return .ok(.tls, sentence + ".", seconds: seconds) }
            if days < 14 {
                return .warn(
                    .tls,
                    "\(sentence), but the certificate expires in \(spokenDays(days)).",
                    cure: "Renew it, and see why that did not happen by itself (certbot renew; a hub reads it again "
                        + "on SIGHUP).",
                    seconds: seconds
                )
            }
            let valid = "the certificate is valid for another \(spokenDays(days))"
            return .ok(.tls, "\(sentence); \(valid).", seconds: seconds)
        case .failed(let problem):
            let (sentence, cure) = Self.describe(problem, host: host)
            return .fail(.tls, sentence, cure: cure)
        }
    }

    private static func describe(_ problem: Problem, host: String) -> (sentence: String, cure: String) {
        switch problem {
        case .expired(let days):
            (
                "The certificate expired \(spokenDays(days)) ago; browsers refuse it.",
                "Renew it, then have the server read it again (SIGHUP for a hub, reload for nginx)."
            )
        case .notYetValid(let days):
            (
                "The certificate is valid only in \(spokenDays(days)).",
                "Check the clock of this machine, and of the one that issued the certificate."
            )
        case .wrongName:
            (
                "The certificate is for other names than that of \(host).",
                "Use a name that is in the certificate, or get one that lists this name (subjectAltName)."
            )
        case .untrusted:
            (
                "The certificate is signed by no authority that is known here.",
                "Have the server send the whole chain (fullchain.pem, not cert.pem). For an authority of your own: "
                    + "--ca-file here, and installed in the browsers."
            )
        case .noTLS:
            (
                "\(host) speaks no TLS.",
                "Use http:// in the URL, or the port that speaks TLS."
            )
        case .oldVersion:
            (
                "There is no version of TLS that the server and browsers both speak.",
                "Enable TLS 1.2 and 1.3 in the server (nginx: ssl_protocols TLSv1.2 TLSv1.3)."
            )
        case .other(let reason):
            (
                "TLS could not be agreed on: \(reason).",
                "Look into the server's log; `openssl s_client -connect \(host)` shows the handshake."
            )
        }
    }

}

private func spokenDays(_ days: Double) -> String {
    days < 2 ? spoken(Int(days * 24), "hour") : "\(Int(days)) days"
}
