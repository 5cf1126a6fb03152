import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where outgoing connections come from. A connection is told apart by four numbers, of which only the port it comes
/// from is free; on loopback the address is too.
enum SourceAddresses {
    /// The addresses to connect from, in turn; none if the system's choice is good enough.
    ///
    /// - Throws: ``BenchError`` with code `tooFewPorts` if there is one address only and it has not as many ports.
    static func choose(
        for connections: Int,
        to address: SocketAddress,
        ports: Int = Self.ephemeralPorts
    ) throws(BenchError) -> [SocketAddress] {
        // Some ports are taken by others, or by connections of the run before that linger.
        let usable = max(1, ports * 4 / 5)
        guard connections > usable else { return [] }
        guard case .v4 = address, let ip = address.ipAddress, ip.hasPrefix("127.") else {
            throw BenchError(
                .tooFewPorts,
                "\(connections) connections to one address take more ports than the \(ports) that this machine has "
                    + "for them (net.ipv4.ip_local_port_range); run several loads from several addresses."
            )
        }
        let count = (connections + usable - 1) / usable
        guard count <= 250 else {
            throw BenchError(.tooFewPorts, "\(connections) connections are too many for one process.")
        }
        do {
            return try (0..<count).map { try SocketAddress(ipAddress: "127.0.0.\($0 + 2)", port: 0) }
        } catch {
            throw BenchError(.system, "A loopback address is none: \(error).")
        }
    }

    /// How many ports the system gives to outgoing connections.
    static var ephemeralPorts: Int {
        let range = SystemFile.text(at: "/proc/sys/net/ipv4/ip_local_port_range")?.split(whereSeparator: \.isWhitespace)
        guard let range, range.count == 2, let low = Int(range[0]), let high = Int(range[1]), high > low else {
            return 16_384
        }
        return high - low + 1
    }
}

/// Raises the number of descriptors that this process may have, as far as it is allowed to.
package enum DescriptorLimit {
    /// - Throws: ``BenchError`` with code `tooFewDescriptors` if it stays below what is needed.
    package static func reserve(_ wanted: Int) throws(BenchError) {
        // Event loops, standard streams, files of /proc.
        let wanted = wanted + 64
        var limit = rlimit()
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        if limit.rlim_cur < wanted {
            let hard = limit.rlim_max
            limit.rlim_cur = hard
            _ = setrlimit(resource, &limit)
            _ = getrlimit(resource, &limit)
        }
        guard limit.rlim_cur >= wanted else {
            throw BenchError(
                .tooFewDescriptors,
                "That takes \(wanted) file descriptors, and this process may have \(limit.rlim_cur); raise the limit "
                    + "(ulimit -n \(wanted)) or ask for fewer."
            )
        }
    }
}
