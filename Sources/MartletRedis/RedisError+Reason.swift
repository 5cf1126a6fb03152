import NIOCore
import NIOPosix

extension RedisError {
    /// What an error of the network means, for people.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return self.reason(first.error) }
            let names = [error.dnsAError, error.dnsAAAAError].compactMap { $0 }
            return names.isEmpty ? "the host has no address" : "the host's name has no address: \(names[0])"
        case let error as IOError:
            return self.sentence(of: error)
        case ChannelError.connectTimeout:
            return "no connection in time"
        default:
            return "\(error)"
        }
    }

    /// `IOError` describes itself with the system call in front: `connect(…): Connection refused (errno: 111)`.
    private static func sentence(of error: IOError) -> String {
        let text = "\(error)"
        guard let call = text.firstRange(of: "): ") else { return text }
        // Some of NIO's texts close a parenthesis that none opened.
        return String(text[call.upperBound...].replacing(") (errno:", with: " (errno:"))
    }
}
