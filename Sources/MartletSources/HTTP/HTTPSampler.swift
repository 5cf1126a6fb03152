package import AsyncHTTPClient
package import NIOCore
import NIOHTTP1
import Synchronization

/// Asks a web server for the values of `http` sources: the body of the answer, as it is.
///
/// An answer that has not changed since costs no body: the server is asked with what it gave the last one to be known by
/// (`ETag`, `Last-Modified`). Redirects are followed within the origin that is configured, and nowhere else.
///
/// Eight watches are asked for at a time. When no connection can be made, the rest is not asked for: all of them are at
/// one server. Nor is it when eight have had no answer in time; those come last the next time.
package final class HTTPSampler: Sampler {
    /// Limits of an ``HTTPSampler``.
    package struct Options: Sendable {
        /// The time that an answer may take, with its redirects and its body.
        package var timeout: TimeAmount
        /// The largest body, in bytes.
        package var bodyLimit: Int

        /// Makes options; what isn't given is as most need it.
        package init(timeout: TimeAmount = .seconds(10), bodyLimit: Int = 1 << 20) {
            self.timeout = timeout
            self.bodyLimit = bodyLimit
        }
    }

    private static let concurrency = 8
    /// More that have no answer in time end a round: with a timeout of ten seconds they have taken twenty by then.
    private static let mostSilent = 8

    let url: HTTPURLTemplate
    let origin: HTTPOrigin
    let headers: HTTPHeaders
    let options: Options
    let client: HTTPClient
    let known = Mutex(KnownAnswers())
    private let rounds = Mutex(HTTPRounds())

    /// Makes a sampler; it connects when it is first asked.
    ///
    /// - Parameters:
    ///   - headers: what is sent with each request.
    ///   - client: must not follow redirects by itself.
    /// - Throws: a sentence about a header that can't be sent.
    package init(
        url: HTTPURLTemplate,
        headers: [(name: String, value: String)] = [],
        options: Options = Options(),
        client: HTTPClient = .forSources
    ) throws(SourceProblem) {
        var all = HTTPHeaders()
        for (name, value) in headers {
            try Self.validate(name, value)
            all.add(name: name, value: value)
        }
        if !all.contains(name: "User-Agent") { all.add(name: "User-Agent", value: "Martlet") }
        if !all.contains(name: "Accept") { all.add(name: "Accept", value: "*/*") }
        guard case .literal(let start) = url.path[0], let origin = HTTPOrigin(start) else {
            let shown = HTTPURLTemplate.shown(url.text)
            throw SourceProblem(.refused, "\"\(shown)\" is no URL to ask: its host or port makes no sense")
        }
        self.url = url
        self.origin = origin
        self.headers = all
        self.options = options
        self.client = client
    }

    package func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        let round = self.known.withLock { $0.beginRound() }
        let order = self.rounds.withLock { $0.order(watches) }
        var results: [Result<String, SourceProblem>?] = Array(repeating: nil, count: watches.count)
        await withTaskGroup(of: (Int, Result<String, HTTPFailure>).self) { group in
            var unreachable: SourceProblem?
            var silent = 0
            var next = 0
            func askNext() {
                guard next < order.count, unreachable == nil else { return }
                let index = order[next]
                next += 1
                group.addTask { (index, await self.value(for: watches[index], round: round)) }
            }
            for _ in 0..<Self.concurrency { askNext() }
            while let (index, result) = await group.next() {
                if case .failure(let failure) = result, failure.isUnreachable {
                    unreachable = unreachable ?? failure.problem
                }
                let isSilent = if case .failure(let failure) = result { failure.isSilent } else { false }
                self.rounds.withLock { rounds in
                    let topic = watches[index].topic
                    if isSilent { rounds.hangs(topic) } else { rounds.answers(topic) }
                }
                if isSilent { silent += 1 }
                if silent >= Self.mostSilent, next < order.count { unreachable = unreachable ?? self.isSlow }
                results[index] = result.mapError(\.problem)
                askNext()
            }
            if let unreachable {
                for index in order[next...] { results[index] = .failure(unreachable) }
            }
        }
        return results.map { $0 ?? .failure(SourceProblem(.unavailable, "was not asked for")) }
    }

    package func close() async {
        self.known.withLock { $0 = KnownAnswers() }
        self.rounds.withLock { $0 = HTTPRounds() }
    }

    /// Of what is not asked for, since too many had no answer.
    private var isSlow: SourceProblem {
        let seconds = Double(self.options.timeout.nanoseconds) / 1e9
        return SourceProblem(
            .unavailable,
            "\(self.url.text.prefix { $0 != "{" && $0 != "?" })… was not asked for: \(Self.mostSilent) others had no answer "
                + "within \(seconds) s"
        )
    }

    private static func validate(_ name: String, _ value: String) throws(SourceProblem) {
        func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
            throw SourceProblem(.refused, "\"\(name)\" can be no header's name")
        }
        // Not the value: it may be a secret.
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw SourceProblem(.refused, "the value of the header \(name) has a control character")
        }
        let own = [
            "host", "connection", "content-length", "transfer-encoding", "if-none-match", "if-modified-since",
            "accept-encoding", "range",
        ]
        if own.contains(name.lowercased()) {
            throw SourceProblem(.refused, "the header \(name) is not for the configuration to set")
        }
    }
}

/// Why there is no answer.
struct HTTPFailure: Error {
    let problem: SourceProblem
    /// There is no connection to the server.
    var isUnreachable = false
    /// There was no answer in time.
    var isSilent = false
}

extension HTTPClient {
    /// The client of all `http` sources. It lives as long as the process, and follows no redirects, since where they may
    /// lead is for the sampler to say.
    package static let forSources: HTTPClient = {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5)),
            connectionPool: .init(idleTimeout: .seconds(30)),
            decompression: .disabled
        )
        // The next tick is soon enough, and says meanwhile what is wrong.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(configuration: configuration)
    }()
}
