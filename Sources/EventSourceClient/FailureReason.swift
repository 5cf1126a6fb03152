import AsyncHTTPClient
import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Says in a few words, for people, why there is no connection; the descriptions of NIO's errors are for programmers.
package func reason(of error: any Error) -> String {
    switch error {
    case let error as IOError:
        return strerror(error.errnoCode).map { String(cString: $0) } ?? "error \(error.errnoCode)"
    case let error as NIOConnectionError:
        if let last = error.connectionErrors.last { return reason(of: last.error) }
        return "host \(error.host) not found"
    case ChannelError.connectTimeout:
        return "no connection in time"
    case let error as HTTPClientError:
        return error.reason
    default:
        return "\(error)"
    }
}

extension HTTPClientError {
    var reason: String {
        switch self {
        case .remoteConnectionClosed: "the server closed the connection"
        case .connectTimeout: "no connection in time"
        case .deadlineExceeded: "no answer in time"
        default: shortDescription.lowercased()
        }
    }

    /// Whether the error lies in the request or the client, so that trying again is futile.
    var isLasting: Bool {
        let lasting: [HTTPClientError] = [
            .invalidURL, .emptyHost, .emptyScheme, .missingSocketPath, .alreadyShutdown,
            .invalidHeaderFieldNames([]), .invalidHeaderFieldValues([]), .unsupportedScheme(""),
        ]
        // By description, because some carry the value that is at fault.
        return lasting.contains { $0.shortDescription == shortDescription }
    }
}
