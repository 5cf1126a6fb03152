#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The least that a fan-out over TCP can cost on this machine: so many connections, and one `send` per update and
/// connection in a bare loop on one thread, with nothing else around it. `martlet bench floor`.
///
/// No server that sends each update to each connection on its own can cost less. It runs on the thread of its caller,
/// which it blocks; the readers are another process, so that their cost is not in it.
package struct SendFloor: ~Copyable {
    package let port: Int
    private let listener: CInt
    private var peers: [CInt] = []

    /// What it came to.
    package struct Outcome: Sendable {
        package var sends = 0
        /// How often a socket was full, and the loop waited.
        package var full = 0
        /// Seconds that the loop took, and computed.
        package var seconds = 0.0
        package var cpu = 0.0
    }

    /// Listens on a free port of loopback.
    package init() throws(BenchError) {
        let descriptor = socket(AF_INET, SocketKind.stream, 0)
        guard descriptor >= 0 else { throw SystemCall.failure("socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 4_096) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isListening else {
            let failure = SystemCall.failure("listen")
            close(descriptor)
            throw failure
        }
        self.listener = descriptor
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        for peer in self.peers { close(peer) }
        close(self.listener)
    }

    /// Takes so many connections, and answers each with the head of a stream.
    ///
    /// - Parameter timeout: how long to wait for the next one, in milliseconds.
    package mutating func accept(_ count: Int, timeout: Int32 = 20_000) throws(BenchError) {
        var one: CInt = 1
        let head: StaticString = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        var request = [UInt8](repeating: 0, count: 4_096)
        while self.peers.count < count {
            var ready = pollfd(fd: self.listener, events: CShort(POLLIN), revents: 0)
            guard poll(&ready, 1, timeout) == 1 else {
                throw BenchError(.unreachable, "\(self.peers.count) of \(count) readers came, and no more.")
            }
            let peer = systemAccept(self.listener)
            guard peer >= 0 else { throw SystemCall.failure("accept") }
            self.peers.append(peer)
            setsockopt(peer, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
            guard read(peer, &request, request.count) > 0,
                systemSend(peer, head.utf8Start, head.utf8CodeUnitCount) == head.utf8CodeUnitCount
            else { throw BenchError(.closed, "A reader went away before it was answered.") }
        }
    }

    /// Sends one event after the other to all.
    ///
    /// - Parameters:
    ///   - bytes: the size of an event on the wire, with its field name and its line ends.
    ///   - rate: events a second, for a load that rests in between; nil is without a pause.
    package func run(updates: Int, bytes: Int, rate: Double? = nil) throws(BenchError) -> Outcome {
        guard bytes >= Self.leastBytes else {
            throw BenchError(.invalidTarget, "An event takes \(Self.leastBytes) bytes or more; \(bytes) are too few.")
        }
        var event = Array("data: ".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: bytes - 8) + Array("\n\n".utf8)
        var outcome = Outcome()
        let start = SystemCall.monotonicNanoseconds
        let cpu = ProcessCost.ownCPU
        for update in 0..<updates {
            if let rate { Self.sleep(until: start + UInt64(Double(update) / rate * 1e9)) }
            let isSent = event.withUnsafeMutableBufferPointer { event -> Bool in
                guard let base = event.baseAddress else { return false }
                Marker(time: SystemCall.monotonicNanoseconds, publisher: 0, sequence: update).write(to: base + 6)
                for peer in self.peers where !Self.sendAll(base, event.count, to: peer, &outcome) { return false }
                return true
            }
            guard isSent else { throw BenchError(.closed, "A reader went away while it was being sent to.") }
        }
        outcome.cpu = ProcessCost.ownCPU - cpu
        outcome.seconds = Double(SystemCall.monotonicNanoseconds - start) / 1e9
        return outcome
    }

    private static func sleep(until due: UInt64) {
        // A signal ends a sleep early.
        while case let now = SystemCall.monotonicNanoseconds, now < due {
            var time = timespec(tv_sec: Int((due - now) / 1_000_000_000), tv_nsec: Int((due - now) % 1_000_000_000))
            nanosleep(&time, nil)
        }
    }

    /// Ends the streams in good order, so that the readers know that they have everything.
    package mutating func finish() {
        for peer in self.peers { close(peer) }
        self.peers = []
    }

    package static let leastBytes = Marker.byteCount + 8

    @inline(__always)
    private static func sendAll(
        _ bytes: UnsafeMutablePointer<UInt8>,
        _ count: Int,
        to peer: CInt,
        _ outcome: inout Outcome
    ) -> Bool {
        var sent = 0
        while sent < count {
            let taken = systemSend(peer, bytes + sent, count - sent)
            if taken > 0 {
                sent += taken
            } else if errno == EAGAIN {
                outcome.full += 1
                usleep(100)
            } else if errno != EINTR {
                return false
            }
        }
        outcome.sends += 1
        return true
    }
}

/// `send` without waiting, and without a signal from a socket that is gone.
@inline(__always)
private func systemSend(_ peer: CInt, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    send(peer, bytes, count, SocketKind.withoutWaiting | SocketKind.quiet)
}

private func systemAccept(_ listener: CInt) -> CInt { accept(listener, nil, nil) }
