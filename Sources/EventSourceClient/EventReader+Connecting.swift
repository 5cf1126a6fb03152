import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import ServerSentEvents

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What came of one attempt to open a stream.
enum Answer {
    /// A stream.
    case stream(Exchange)
    /// An answer that is no stream; what it means depends on its status.
    case refusal(EventSourceError, retryAfter: Duration?)
    /// No answer; another attempt may bring one.
    case failure(EventSourceError)
    /// Something that no further attempt will change.
    case error(EventSourceError)
}

extension EventReader {
    /// The most bytes kept of a refusal's body, and how long it is waited for.
    private static let bodyLimit = (bytes: 64 << 10, time: Duration.seconds(5))

    /// Makes one attempt to open the stream, through its redirects.
    func connect(isolation: isolated (any Actor)?) async throws(Interruption) -> Answer {
        var target: RequestTarget
        do throws(EventSourceError) {
            target = try source.target(lastEventID: lastEventID)
        } catch {
            return .error(error)
        }
        while true {
            let exchange = Exchange(control: control)
            do {
                let request = try target.request()
                control.replaceExchange(with: exchange)
                exchange.begin(request, with: source.client)
            } catch {
                return failure(error, at: target.url)
            }
            let head: HTTPResponseHead
            do throws(Interruption) {
                let outcome = try await wait(
                    within: source.configuration.idleTimeout,
                    isolation: isolation,
                    for: exchange.head
                )
                switch outcome {
                case .success(let answer): head = answer
                case .failure(let error): return failure(error, at: target.url)
                }
            } catch {
                guard error == .timedOut else { throw error }
                let limit = source.configuration.idleTimeout ?? .zero
                return .failure(EventSourceError(.idleTimeout, "no answer for \(limit)", url: target.url))
            }
            guard RequestTarget.isRedirect(head.status) else {
                return try await judge(head, of: exchange, from: target.url, isolation: isolation)
            }
            do throws(EventSourceError) {
                try target.follow(head.status, to: head.headers.first(name: "Location"))
            } catch {
                return .error(error)
            }
        }
    }

    private func judge(
        _ head: HTTPResponseHead,
        of exchange: Exchange,
        from url: String,
        isolation: isolated (any Actor)?
    ) async throws(Interruption) -> Answer {
        let status = head.status
        guard status != .noContent else {
            return .refusal(EventSourceError(.unexpectedStatus, "\(status)", url: url, status: 204), retryAfter: nil)
        }
        let type = head.headers.first(name: "Content-Type")
        if status == .ok, Self.isEventStream(type) { return .stream(exchange) }

        let (code, message): (EventSourceError.Code, String) =
            if status == .ok {
                (.unexpectedContentType, "not an event stream, but \(type ?? "of no content type")")
            } else {
                (.unexpectedStatus, "\(status)")
            }
        let body = try await text(of: exchange, isolation: isolation)
        return .refusal(
            EventSourceError(code, message, url: url, status: Int(status.code), body: body),
            retryAfter: head.headers.first(name: "Retry-After").flatMap { UInt32($0) }.map { .seconds($0) }
        )
    }

    /// What comes of a refusal's body within the limits, be it cut off or broken off.
    private func text(of exchange: Exchange, isolation: isolated (any Actor)?) async throws(Interruption) -> String {
        var text = ByteBuffer()
        let deadline = source.timing.now() + Self.bodyLimit.time
        while text.readableBytes < Self.bodyLimit.bytes {
            do throws(Interruption) {
                let rest = deadline - source.timing.now()
                guard
                    case .bytes(let bytes) = try await wait(within: rest, isolation: isolation, for: exchange.take)
                else { break }
                text.writeImmutableBuffer(bytes)
            } catch {
                if error == .timedOut { break }
                throw error
            }
        }
        return String(decoding: text.readableBytesView.prefix(Self.bodyLimit.bytes), as: UTF8.self)
    }

    /// Source: WHATWG MIME Sniffing 4.4; only the essence counts, parameters do not.
    static func isEventStream(_ contentType: String?) -> Bool {
        guard let essence = contentType?.split(separator: ";", omittingEmptySubsequences: false).first else {
            return false
        }
        var bytes = essence.utf8[...]
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return String(Substring(bytes)).lowercased() == "text/event-stream"
    }

    private func failure(_ error: any Error, at url: String) -> Answer {
        if let error = error as? HTTPClientError, error.isLasting {
            return .error(EventSourceError(.invalidRequest, error.reason, url: url))
        }
        return .failure(EventSourceError(.cannotConnect, "cannot connect: \(reason(of: error))", url: url))
    }
}
