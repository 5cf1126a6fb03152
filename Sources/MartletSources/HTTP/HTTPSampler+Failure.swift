import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension HTTPSampler {
    func failure(_ code: SourceProblem.Code, _ url: String, _ what: String) -> HTTPFailure {
        HTTPFailure(problem: SourceProblem(code, "\(HTTPURLTemplate.shown(url)) \(what)"))
    }

    /// Of an answer that is no success: that of a server which has trouble may be another one later.
    func failure(answering url: String, _ status: HTTPResponseStatus) -> HTTPFailure {
        let isPassing = status.code >= 500 || status == .requestTimeout || status == .tooManyRequests
        return self.failure(isPassing ? .unavailable : .refused, url, "answers \(status)")
    }

    func failure(asking url: String, _ error: any Error) -> HTTPFailure {
        let seconds = Double(self.options.timeout.nanoseconds) / 1e9
        switch error as? HTTPClientError {
        case .connectTimeout: return self.unreachable(url, "no connection in time")
        case .deadlineExceeded, .readTimeout:
            var failure = self.failure(.unavailable, url, "did not answer in whole within \(seconds) s")
            failure.isSilent = true
            return failure
        default: break
        }
        if let error = error as? NIOConnectionError {
            let reason = error.connectionErrors.first.map { Self.reason($0.error) } ?? "its name is not known"
            return self.unreachable(url, reason)
        }
        if let error = error as? IOError, Self.connectionErrors.contains(error.errnoCode) {
            return self.unreachable(url, Self.reason(error))
        }
        return self.failure(.unavailable, url, "gave no answer: \(error)")
    }

    private func unreachable(_ url: String, _ why: String) -> HTTPFailure {
        var failure = self.failure(.unavailable, url, "cannot be reached: \(why)")
        failure.isUnreachable = true
        return failure
    }

    /// How the system says that there is no connection, and not that one was lost.
    private static let connectionErrors = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EADDRNOTAVAIL]

    private static func reason(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }
}
