import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// What came of one attempt to open a stream.
enum Answer: Sendable {
    /// A stream.
    case stream(ResponseBody)
    /// An answer that is no stream; what it means depends on its status.
    case refusal(EventSourceError, retryAfter: Duration?)
    /// No answer; another attempt may bring one.
    case failure(EventSourceError)
    /// Something that no further attempt will change.
    case error(EventSourceError)
}

extension EventSource {
    /// The most bytes kept of a refusal's body, and how long it is waited for.
    private static let bodyLimit = (bytes: 64 << 10, time: Duration.seconds(5))

    /// Makes one attempt to open the stream, through its redirects.
    func connect(lastEventID: String) async -> Answer {
        var target: RequestTarget
        do throws(EventSourceError) {
            target = try RequestTarget(url, headers: requestHeaders(lastEventID: lastEventID))
        } catch {
            return .error(error)
        }
        while true {
            var request = HTTPClientRequest(url: target.url)
            request.headers = target.headers
            let response: HTTPClientResponse
            do {
                response = try await timing.limit(configuration.idleTimeout) { [client, request] in
                    try await client.execute(request, deadline: .distantFuture)
                }
            } catch {
                return failure(error, at: target.url)
            }
            guard RequestTarget.isRedirect(response.status) else { return await judge(response, from: target.url) }
            do throws(EventSourceError) {
                try target.follow(response.status, to: response.headers.first(name: "Location"))
            } catch {
                return .error(error)
            }
        }
    }

    private func requestHeaders(lastEventID: String) -> HTTPHeaders {
        var all = headers
        if !all.contains(name: "Accept") { all.add(name: "Accept", value: "text/event-stream") }
        if !all.contains(name: "Cache-Control") { all.add(name: "Cache-Control", value: "no-store") }
        all.remove(name: "Last-Event-ID")
        if !lastEventID.isEmpty { all.add(name: "Last-Event-ID", value: lastEventID) }
        return all
    }

    private func judge(_ response: HTTPClientResponse, from url: String) async -> Answer {
        let body = ResponseBody(response.body)
        let status = response.status
        guard status != .noContent else {
            return .refusal(EventSourceError(.unexpectedStatus, "\(status)", url: url, status: 204), retryAfter: nil)
        }
        let type = response.headers.first(name: "Content-Type")
        if status == .ok, isEventStream(type) { return .stream(body) }

        let text = try? await timing.limit(Self.bodyLimit.time) { await body.text(upTo: Self.bodyLimit.bytes) }
        let (code, message): (EventSourceError.Code, String) =
            if status == .ok {
                (.unexpectedContentType, "not an event stream, but \(type ?? "of no content type")")
            } else {
                (.unexpectedStatus, "\(status)")
            }
        return .refusal(
            EventSourceError(code, message, url: url, status: Int(status.code), body: text ?? ""),
            retryAfter: response.headers.first(name: "Retry-After").flatMap { UInt32($0) }.map { .seconds($0) }
        )
    }

    private func isEventStream(_ contentType: String?) -> Bool {
        guard let essence = contentType?.split(separator: ";", omittingEmptySubsequences: false).first else {
            return false
        }
        return essence.filter { $0 != " " && $0 != "\t" }.lowercased() == "text/event-stream"
    }

    private func failure(_ error: any Error, at url: String) -> Answer {
        if let error = error as? HTTPClientError, error.isLasting {
            return .error(EventSourceError(.invalidRequest, error.reason, url: url))
        }
        if error is Timing.TimedOut, let idleTimeout = configuration.idleTimeout {
            return .failure(EventSourceError(.idleTimeout, "no answer for \(idleTimeout)", url: url))
        }
        return .failure(EventSourceError(.cannotConnect, "cannot connect: \(reason(of: error))", url: url))
    }
}
