package import NIOSSL

/// What all loads have in common: whom to load, with how many streams, and whose cost to tell.
package struct LoadSettings: Sendable {
    package var target: HubTarget
    package var streams: Int
    /// Certificates to trust beside the system's.
    package var authorities: [NIOSSLCertificate] = []
    /// Processes of the server's, whose CPU and memory are told.
    package var processes: [Int] = []
    /// Event loops for the streams.
    package var loops = 1
    /// Connections that are made at once.
    package var concurrency = 128
    /// For how long nothing may come until what is missing counts as lost.
    package var drain = Duration.seconds(5)

    package init(target: HubTarget, streams: Int) {
        self.target = target
        self.streams = streams
    }
}
