import AsyncHTTPClient
import Martlet
import NIOCore
import NIOHTTP1
import Synchronization

extension HTTPSampler {
    private static let mostRedirects = 5

    /// Asks for one watch.
    func value(for watch: Watch, round: Int) async -> Result<String, HTTPFailure> {
        do throws(HTTPFailure) {
            let start: String
            do throws(SourceProblem) {
                start = try self.url.url(for: watch.variables)
            } catch {
                throw HTTPFailure(problem: error)
            }
            let known = self.known.withLock { $0.answer(for: watch.topic, round: round) }
            let deadline = ContinuousClock.now + .nanoseconds(self.options.timeout.nanoseconds)
            let (response, url) = try await self.response(to: start, known: known)
            if response.status == .notModified {
                guard let known, known.url == url else {
                    throw self.failure(.refused, url, "answers 304 to a question that was not whether it has changed")
                }
                return .success(known.body)
            }
            let body = try await self.body(of: response, from: url, until: deadline)
            let answer = KnownAnswers.Answer(
                url: url,
                etag: response.headers.first(name: "ETag"),
                lastModified: response.headers.first(name: "Last-Modified"),
                body: body
            )
            self.known.withLock { $0.note(answer, for: watch.topic, round: round) }
            return .success(body)
        } catch {
            return .failure(error)
        }
    }

    /// The answer at the end of the redirects, which is a success or 304, and where it was.
    private func response(
        to start: String,
        known: KnownAnswers.Answer?
    ) async throws(HTTPFailure) -> (HTTPClientResponse, String) {
        let deadline = NIODeadline.now() + self.options.timeout
        var url = start
        for _ in 0...Self.mostRedirects {
            var request = HTTPClientRequest(url: url)
            request.headers = self.headers
            if let known, known.url == url {
                if let etag = known.etag { request.headers.add(name: "If-None-Match", value: etag) }
                if let date = known.lastModified { request.headers.add(name: "If-Modified-Since", value: date) }
            }
            let response: HTTPClientResponse
            do {
                response = try await self.client.execute(request, deadline: deadline)
            } catch {
                throw self.failure(asking: url, error)
            }
            switch response.status.code {
            case 200..<300, 304: return (response, url)
            case 301, 302, 303, 307, 308:
                guard let location = response.headers.first(name: "Location") else {
                    throw self.failure(.refused, url, "redirects without saying where to")
                }
                guard let target = self.origin.target(of: location, at: url) else {
                    throw self.failure(.refused, url, "redirects to another server, which is not followed")
                }
                url = target
            default: throw self.failure(answering: url, response.status)
            }
        }
        throw self.failure(.refused, start, "redirects more than \(Self.mostRedirects) times")
    }

    private func body(
        of response: HTTPClientResponse,
        from url: String,
        until deadline: ContinuousClock.Instant
    ) async throws(HTTPFailure) -> String {
        let limit = self.options.bodyLimit
        let buffer: ByteBuffer
        do {
            // The client's own deadline is over once there is a head.
            buffer = try await withThrowingTaskGroup { group in
                group.addTask { try await response.body.collect(upTo: limit) }
                group.addTask {
                    try await Task.sleep(until: deadline, clock: .continuous)
                    throw HTTPClientError.deadlineExceeded
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        } catch is NIOTooManyBytesError {
            throw self.failure(.refused, url, "answers with more than \(limit) bytes")
        } catch {
            throw self.failure(asking: url, error)
        }
        guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else {
            let encoding = response.headers.first(name: "Content-Encoding").map { " (Content-Encoding: \($0))" } ?? ""
            throw self.failure(.refused, url, "answers with something that is no UTF-8 text\(encoding)")
        }
        return text
    }
}
