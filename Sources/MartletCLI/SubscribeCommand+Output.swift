import ArgumentParser

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
    /// - Returns: Whether anybody is still reading. Who stops is no fault.
    /// - Throws: Status 1, when the reason is told, if it can't be written because of anything else, such as a full disk.
    @discardableResult
    static func write(_ bytes: [UInt8]) throws(ExitCode) -> Bool {
        switch writeAll(bytes, to: STDOUT_FILENO) {
        case nil: return true
        case EPIPE?: return false
        case let number?:
            StandardError.write("cannot write to standard output: \(String(cString: strerror(number)))")
            throw ExitCode.failure
        }
    }
}

/// Standard error, for what is meant for the person at the terminal and is no part of the output.
enum StandardError {
    /// Writes a line that says who speaks.
    static func write(_ sentence: String) {
        _ = writeAll(line(sentence), to: STDERR_FILENO)
    }

    /// The line. A server may have had its part in the sentence, so it is made visible as events are.
    static func line(_ sentence: String) -> [UInt8] {
        var line = Array("martlet: ".utf8)
        EventFormat.appendVisible(sentence, to: &line)
        line.append(UInt8(ascii: "\n"))
        return line
    }
}

/// - Returns: The error number, if not everything could be written.
private func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> CInt? {
    bytes.withUnsafeBytes { bytes -> CInt? in
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
                return errno
            }
        }
        return nil
    }
}
