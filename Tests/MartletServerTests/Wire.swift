import Glibc

/// A client's end of a TCP connection, byte by byte: what is sent when is up to the test, and every wait has a deadline.
///
/// It blocks its thread, see ``TestThread``, and is used on that alone.
final class Wire: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private(set) var descriptor: CInt
    /// Bytes that were received, but not asked for yet.
    private var received: [UInt8] = []
    private var offset = 0

    /// Connects to a port on this machine.
    init(port: Int, receiveBuffer: Int? = nil, sendBuffer: Int? = nil) throws {
        self.descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard self.descriptor >= 0 else { throw Failure(description: "socket: \(errno)") }
        if let receiveBuffer { self.set(SO_RCVBUF, to: receiveBuffer) }
        if let sendBuffer { self.set(SO_SNDBUF, to: sendBuffer) }
        var noDelay: CInt = 1
        setsockopt(self.descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            self.close()
            throw Failure(description: "connect: \(errno)")
        }
        _ = fcntl(self.descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit {
        self.close()
    }

    private func set(_ option: CInt, to value: Int) {
        var value = CInt(value)
        setsockopt(self.descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    // MARK: Ending

    func close() {
        guard self.descriptor >= 0 else { return }
        _ = Glibc.close(self.descriptor)
        self.descriptor = -1
    }

    /// Ends this side of the connection; the other still may send.
    func endOutput() {
        shutdown(self.descriptor, CInt(SHUT_WR))
    }

    /// Closes with a RST.
    func reset() {
        var abort = linger(l_onoff: 1, l_linger: 0)
        setsockopt(self.descriptor, SOL_SOCKET, SO_LINGER, &abort, socklen_t(MemoryLayout<linger>.size))
        self.close()
    }

    // MARK: Sending

    /// Sends all of the bytes.
    func send(_ bytes: some Collection<UInt8>, within seconds: Double = 20) throws {
        let sent = try self.sendSome(bytes, patience: seconds)
        guard sent == bytes.count else {
            throw Failure(description: "the server took \(sent) of \(bytes.count) bytes in \(seconds) s")
        }
    }

    func send(_ text: String) throws {
        try self.send(Array(text.utf8))
    }

    /// Sends the bytes in pieces of a size, each in a packet of its own as far as that can be had.
    func send(_ text: String, inPiecesOf size: Int) throws {
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try self.send(bytes[start..<min(start + size, bytes.count)])
        }
    }

    /// Sends until the socket has been full for a time; returns how many bytes went.
    func sendSome(_ bytes: some Collection<UInt8>, patience seconds: Double) throws -> Int {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(self.descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                guard self.wait(for: POLLOUT, within: seconds) else { return sent }
            } else if errno != EINTR {
                throw Failure(description: "send: \(String(cString: strerror(errno)))")
            }
        }
        return sent
    }

    // MARK: Receiving

    /// What is there now or comes within the time; empty at the end of the connection, nil if nothing came.
    func receive(within seconds: Double = 10, atMost limit: Int = 1 << 20) throws -> [UInt8]? {
        if self.offset < self.received.count {
            defer {
                self.received = []
                self.offset = 0
            }
            return Array(self.received[self.offset...])
        }
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = recv(self.descriptor, &buffer, buffer.count, 0)
            if count >= 0 { return Array(buffer[..<count]) }
            switch errno {
            case EINTR: continue
            case EAGAIN: guard self.wait(for: POLLIN, within: seconds) else { return nil }
            default: throw Failure(description: "recv: \(String(cString: strerror(errno)))")
            }
        }
    }

    private func wait(for events: Int32, within seconds: Double) -> Bool {
        var entry = pollfd(fd: self.descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, CInt(seconds * 1000)) > 0
    }

    private func fill(within seconds: Double) throws {
        guard let more = try self.receive(within: seconds) else {
            throw Failure(description: "nothing came within \(seconds) s")
        }
        guard !more.isEmpty else { throw Failure(description: "the server ended the connection") }
        self.received.append(contentsOf: more)
    }

    /// So many bytes.
    func read(_ count: Int, within seconds: Double = 10) throws -> [UInt8] {
        if count == 0 { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            guard let more = try self.receive(within: seconds), !more.isEmpty else {
                throw Failure(description: "\(bytes.count) of \(count) bytes came")
            }
            bytes.append(contentsOf: more)
        }
        self.received = Array(bytes[count...])
        self.offset = 0
        return Array(bytes[..<count])
    }

    /// A line and its CRLF, without it; a bare LF is an error.
    func readLine(within seconds: Double = 10) throws -> String {
        var scanned = self.offset
        while true {
            if let end = self.received[scanned...].firstIndex(of: 0x0A) {
                guard end > self.offset, self.received[end - 1] == 0x0D else {
                    throw Failure(description: "a line ends without CR")
                }
                defer { self.offset = end + 1 }
                return String(decoding: self.received[self.offset..<(end - 1)], as: UTF8.self)
            }
            let rest = Array(self.received[self.offset...])
            self.received = []
            self.offset = 0
            guard let more = try self.receive(within: seconds) else {
                throw Failure(
                    description: "no line came within \(seconds) s, but: \(String(decoding: rest, as: UTF8.self))"
                )
            }
            guard !more.isEmpty else {
                throw Failure(
                    description: "the server ended the connection after: \(String(decoding: rest, as: UTF8.self))"
                )
            }
            self.received = rest + more
            scanned = rest.count
        }
    }

    /// Everything up to the end of the connection; a reset is an error.
    func readToEnd(within seconds: Double = 10) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            guard let more = try self.receive(within: seconds) else {
                throw Failure(description: "the connection did not end within \(seconds) s; \(bytes.count) bytes came")
            }
            if more.isEmpty { return bytes }
            bytes.append(contentsOf: more)
        }
    }

    func readTextToEnd(within seconds: Double = 10) throws -> String {
        String(decoding: try self.readToEnd(within: seconds), as: UTF8.self)
    }

    /// Whether the connection ends, in whichever way, whatever comes before.
    func ends(within seconds: Double = 10) -> Bool {
        do {
            while let more = try self.receive(within: seconds) {
                if more.isEmpty { return true }
            }
            return false
        } catch {
            return true
        }
    }

    /// Whether nothing comes for a time, neither bytes nor the end.
    func isSilent(for seconds: Double) throws -> Bool {
        guard let more = try self.receive(within: seconds) else { return true }
        self.received = more
        self.offset = 0
        return false
    }
}
