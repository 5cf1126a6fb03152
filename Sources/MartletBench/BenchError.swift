/// Says why a load can't be run, or why it ended, in a sentence its reader can act on.
package struct BenchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of reason it is.
    package enum Code: Sendable, Hashable {
        /// A URL, or what is to be done with it, makes no sense.
        case invalidTarget
        /// Nobody answers there, or not in time.
        case unreachable
        /// The server answered with something else than a stream, or didn't take an update.
        case refused
        /// The server ended what it should have kept open.
        case closed
        /// What came is no HTTP.
        case malformed
        /// This process may not open as many descriptors.
        case tooFewDescriptors
        /// There are not as many ports for outgoing connections.
        case tooFewPorts
        /// There is no such process, or nothing is known of it.
        case noProcess
        /// The operating system said no.
        case system
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
