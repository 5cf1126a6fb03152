import AsyncHTTPClient
import EventSourceClient
import MartletServer
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Makes requests as a browser does, and keeps records of what comes. One per run; whoever makes it shuts it down.
struct DoctorClient: Sendable {
    private let client: HTTPClient
    /// What goes with each request: the user's headers and token.
    private let headers: HTTPHeaders

    private static let mostRedirects = 10

    init(headers: HTTPHeaders, trust: [NIOSSLCertificate]) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.additionalTrustRoots = [.certificates(trust)]
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: nil),
            connectionPool: .init(idleTimeout: .seconds(5)),
            // Of a stream that lasts seconds.
            decompression: .enabled(limit: .none)
        )
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.connectionPool.retryConnectionEstablishment = false
        self.client = HTTPClient(configuration: configuration)
        self.headers = headers
    }

    func shutdown() async {
        try? await self.client.shutdown()
    }

    /// Asks for a stream, through redirects, and records what comes until it ends or the task is cancelled.
    func follow(
        _ url: String,
        fields: [(String, String)] = [],
        encoding: String = "gzip, deflate",
        into log: StreamLog
    ) async {
        var headers = self.headers
        headers.add(name: "Accept", value: "text/event-stream")
        headers.add(name: "Cache-Control", value: "no-cache")
        headers.replaceOrAdd(name: "Accept-Encoding", value: encoding)
        for (name, value) in fields { headers.replaceOrAdd(name: name, value: value) }
        var url = url
        while true {
            guard let response = await self.answer(url, .GET, headers, log) else { return }
            let head = AnswerHead(response)
            guard head.isRedirect else {
                log.update { record in
                    record.url = url
                    record.headAt = log.now
                    record.head = head
                }
                return await self.read(response, into: log)
            }
            guard let next = self.target(of: head, from: url, log) else { return }
            if DoctorTarget(next)?.origin != DoctorTarget(url)?.origin { headers.removeWhatIsForOneOrigin() }
            url = next
        }
    }

    /// Asks whether a browser may ask, as browsers do: without what authorizes.
    func preflight(_ url: String, origin: String, into log: StreamLog) async {
        let headers: HTTPHeaders = [
            "Origin": origin, "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": CORSRecord.requestHeaders.joined(separator: ","),
        ]
        guard let response = await self.answer(url, .OPTIONS, headers, log) else { return }
        log.update { record in
            record.headAt = log.now
            record.head = AnswerHead(response)
        }
    }

    /// What a hub said to an update.
    struct Publication: Sendable {
        /// 0 if there was no answer.
        var status = 0
        var mediaType: String?
        var sentence: String
        var isTaken: Bool { (200..<300).contains(self.status) }
    }

    func publish(_ data: String, to hub: DoctorHub) async -> Publication {
        let form = PublishForm(
            topics: [hub.topic],
            data: Array(data.utf8),
            type: nil,
            id: nil,
            isPrivate: false,
            retry: nil
        )
        var request = HTTPClientRequest(url: hub.publish)
        request.method = .POST
        request.headers = self.headers
        request.headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(ByteBuffer(bytes: form.encoded))
        let deadline = NIODeadline.now() + .seconds(5)
        do {
            let response = try await self.execute(request, deadline: deadline)
            let body = try await response.body.collect(upTo: StreamRecord.keptBody, by: deadline)
            var record = StreamRecord()
            record.took(body.readableBytesView, count: body.readableBytes, at: 0)
            let head = AnswerHead(response)
            return Publication(status: head.status, mediaType: head.mediaType, sentence: record.bodySentence)
        } catch {
            return Publication(sentence: EventSourceClient.reason(of: error))
        }
    }

    private func answer(
        _ url: String,
        _ method: HTTPMethod,
        _ headers: HTTPHeaders,
        _ log: StreamLog
    ) async -> HTTPClientResponse? {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if !request.headers.contains(name: "User-Agent") {
            // Some servers refuse who doesn't look like a browser.
            request.headers.add(name: "User-Agent", value: "Mozilla/5.0 (compatible; martlet doctor)")
        }
        do {
            return try await self.execute(request, deadline: .distantFuture)
        } catch {
            if !Task.isCancelled { log.update { $0.ended(.broken(EventSourceClient.reason(of: error)), at: log.now) } }
            return nil
        }
    }

    /// Once more, if the connection that was kept from before turns out to be closed, as browsers do: nothing has been
    /// sent then.
    private func execute(_ request: HTTPClientRequest, deadline: NIODeadline) async throws -> HTTPClientResponse {
        do {
            return try await self.client.execute(request, deadline: deadline)
        } catch ChannelError.ioOnClosedChannel {
            return try await self.client.execute(request, deadline: deadline)
        }
    }

    private func read(_ response: HTTPClientResponse, into log: StreamLog) async {
        do {
            for try await chunk in response.body {
                let now = log.now
                let isOver = log.update { record in
                    record.took(chunk.readableBytesView, count: chunk.readableBytes, at: now)
                    return record.end != nil
                }
                if isOver { return }
            }
            // A cancelled body may end as if it were whole.
            if !Task.isCancelled { log.update { $0.ended(.finished, at: log.now) } }
        } catch {
            if !Task.isCancelled { log.update { $0.ended(.broken(EventSourceClient.reason(of: error)), at: log.now) } }
        }
    }

    /// Where a redirect leads; `nil`, and told, if it leads nowhere.
    private func target(of head: AnswerHead, from url: String, _ log: StreamLog) -> String? {
        func lost(_ sentence: String) -> String? {
            log.update { $0.ended(.lost(sentence), at: log.now) }
            return nil
        }
        guard let location = head.first("Location"), !location.isEmpty else {
            return lost("The answer redirects (\(head.status)) without saying where to.")
        }
        guard let next = URL(string: location, relativeTo: URL(string: url))?.absoluteURL, DoctorTarget(next) != nil
        else {
            let shown = redactedURL(location)
            return lost("The answer redirects (\(head.status)) to \"\(shown)\", which is no http or https URL.")
        }
        guard log.current.redirects.count < Self.mostRedirects else {
            return lost("The answer redirects more than \(Self.mostRedirects) times.")
        }
        log.update { $0.redirects.append(.init(status: head.status, target: next.absoluteString)) }
        return next.absoluteString
    }
}

extension AnswerHead {
    fileprivate init(_ response: HTTPClientResponse) {
        let version = response.version
        self.init(
            status: Int(response.status.code),
            reason: response.status.reasonPhrase,
            version: version.major == 1 ? "1.\(version.minor)" : "\(version.major)",
            fields: response.headers.map { ($0.name, $0.value) }
        )
    }
}
