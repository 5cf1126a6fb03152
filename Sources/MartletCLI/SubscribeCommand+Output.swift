#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Standard output, past the buffer of the C library: what is written is with the reader at once.
enum StandardOutput {
    /// Has a write into a closed pipe fail instead of ending the process.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Writes everything, or as much as somebody reads.
    ///
    /// Blocks as long as the reader does not read; that is what stops the reading of the stream. It blocks a thread of
    /// the task pool, which a program that does nothing else can afford.
    ///
    /// - Returns: Whether anybody is still reading.
    static func write(_ bytes: [UInt8]) -> Bool {
        writeAll(bytes, to: STDOUT_FILENO)
    }
}

/// Standard error, for what is meant for the person at the terminal and is no part of the output.
enum StandardError {
    /// Writes a line that says who speaks.
    static func write(_ sentence: String) {
        _ = writeAll(Array("martlet: \(sentence)\n".utf8), to: STDERR_FILENO)
    }
}

private func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    bytes.withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Somebody who shares the descriptor made it non-blocking.
                var ready = pollfd(fd: descriptor, events: CShort(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
