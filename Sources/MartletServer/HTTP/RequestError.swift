import HTTPTypes
import Synchronization

/// Why a request is refused: a status, and a sentence for whoever sent it.
struct RequestError: Error, Hashable {
    var status: HTTPResponse.Status
    var message: String
    /// After how many seconds trying again makes sense.
    var retryAfter: Int?
    /// Which methods are possible, if the method is what is wrong.
    var allow: String?
    /// What it is counted as.
    var reason: RefusalReason

    init(
        _ status: HTTPResponse.Status,
        _ message: String,
        retryAfter: Int? = nil,
        allow: String? = nil,
        reason: RefusalReason? = nil
    ) {
        self.status = status
        self.message = message
        self.retryAfter = retryAfter
        self.allow = allow
        self.reason = reason ?? RefusalReason(status)
    }

    static func headTooLarge(_ limit: Int) -> RequestError {
        RequestError(.requestHeaderFieldsTooLarge, "The request's head is larger than \(limit) bytes.")
    }
}

/// What refusals are counted by.
enum RefusalReason: String, CaseIterable {
    /// It can't be understood.
    case malformed
    /// No token, or a bad one, or one that doesn't cover what was asked.
    case unauthorized
    /// A topic or an origin that is nobody's here.
    case forbidden
    case notFound
    case method
    case mediaType
    /// Its head or body is larger than allowed.
    case tooLarge
    /// Its head or body took too long.
    case timeout
    /// More selectors than allowed.
    case selectors
    /// The hub serves as many templates as it may.
    case templates
    /// The hub has as many streams as it may.
    case streams
    /// Its address has as many streams as it may.
    case streamsPerAddress
    /// Its token publishes faster than it may.
    case publishRate
    /// The hub is shutting down, or its log does not work.
    case unavailable

    fileprivate init(_ status: HTTPResponse.Status) {
        self =
            switch status {
            case .unauthorized: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .methodNotAllowed: .method
            case .unsupportedMediaType: .mediaType
            case .contentTooLarge, .requestHeaderFieldsTooLarge: .tooLarge
            case .requestTimeout: .timeout
            case .serviceUnavailable: .unavailable
            default: .malformed
            }
    }
}

/// Counts refusals by reason, over all event loops.
final class RefusalCounters: Sendable {
    private let counts = Mutex<[RefusalReason: Int]>([:])

    func count(_ reason: RefusalReason) {
        self.counts.withLock { $0[reason, default: 0] += 1 }
    }

    /// Every reason with its count, in the order of their declaration.
    var all: [(reason: RefusalReason, count: Int)] {
        self.counts.withLock { counts in RefusalReason.allCases.map { ($0, counts[$0, default: 0]) } }
    }
}
