/// Why an ``EventStream`` takes no more events.
///
/// A closure need not catch it: what it throws after its stream has ended is not reported as an error. Catching it is
/// for those who want to tell the reasons apart:
///
/// ```swift
/// do { try await stream.send(order) } catch let error as EventStreamError where error.code == .shutdown {
///     await orders.handBack(order)
///     throw error
/// }
/// ```
public struct EventStreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Why the stream ended, for programs.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: Sendable, Hashable {
            case clientGone, stalled, shutdown, finished
        }

        private let value: Value

        /// The client closed the connection or its side of it, or the connection broke.
        public static let clientGone = Code(value: .clientGone)
        /// The client took nothing for as long as ``EventStreamOptions/stall`` says.
        public static let stalled = Code(value: .stalled)
        /// The server shuts down.
        public static let shutdown = Code(value: .shutdown)
        /// The stream's closure has returned; what it began still tries to send.
        public static let finished = Code(value: .finished)

        /// The code's name, e.g. `clientGone`.
        public var description: String {
            switch value {
            case .clientGone: "clientGone"
            case .stalled: "stalled"
            case .shutdown: "shutdown"
            case .finished: "finished"
            }
        }

        // Derived from the code, so that throwing allocates no message.
        fileprivate var message: String {
            switch value {
            case .clientGone: "The client has left the stream."
            case .stalled: "The client stopped reading, and its stream was closed."
            case .shutdown: "The stream has ended because the server is shutting down."
            case .finished: "The stream has ended because its closure returned; send only while it runs."
            }
        }
    }

    /// Why the stream ended, for programs.
    public var code: Code

    /// Why the stream ended, in a sentence for people.
    public var message: String { code.message }

    /// The message.
    public var description: String { message }

    init(_ code: Code) {
        self.code = code
    }
}
