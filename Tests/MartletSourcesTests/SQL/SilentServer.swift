import Foundation

/// A port that takes connections and never says a word.
final class SilentServer: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        self.port = ServerProcess.freePort()
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(self.port).bigEndian
        let outcome = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(self.descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0, listen(self.descriptor, 16) == 0 else { throw ServerFailure(description: "no port") }
    }

    deinit { close(self.descriptor) }
}
