import CZlib
import NIOCore

/// Reads one gzip member as it comes, and as strictly as zlib does: its header, each block, and at the end its checksum and
/// its length.
final class GzipReader {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether the member has come to its end.
    private(set) var isAtEnd = false

    init() throws {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        // 16: a gzip member and nothing else.
        let code = inflateInit2_(self.stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw Failure(description: "inflateInit2 answers \(code)") }
    }

    deinit {
        inflateEnd(self.stream)
        self.stream.deallocate()
    }

    /// All that can be told of what has come so far.
    func read(_ bytes: some Collection<UInt8>) throws -> [UInt8] {
        var input = Array(bytes)
        var found: [UInt8] = []
        var output = [UInt8](repeating: 0, count: 1 << 16)
        try input.withUnsafeMutableBufferPointer { input in
            self.stream.pointee.next_in = input.baseAddress
            self.stream.pointee.avail_in = CUnsignedInt(input.count)
            repeat {
                if self.isAtEnd, self.stream.pointee.avail_in > 0 {
                    throw Failure(description: "\(self.stream.pointee.avail_in) bytes behind the end")
                }
                if self.isAtEnd { return }
                let code = output.withUnsafeMutableBufferPointer { output in
                    self.stream.pointee.next_out = output.baseAddress
                    self.stream.pointee.avail_out = CUnsignedInt(output.count)
                    return inflate(self.stream, Z_SYNC_FLUSH)
                }
                guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                    throw Failure(description: self.stream.pointee.msg.map { String(cString: $0) } ?? "code \(code)")
                }
                found += output.prefix(output.count - Int(self.stream.pointee.avail_out))
                self.isAtEnd = code == Z_STREAM_END
            } while self.stream.pointee.avail_in > 0 || self.stream.pointee.avail_out == 0
        }
        return found
    }

    /// What a whole member holds.
    static func wholeMember(_ bytes: some Collection<UInt8>) throws -> [UInt8] {
        let reader = try GzipReader()
        let found = try reader.read(bytes)
        guard reader.isAtEnd else { throw Failure(description: "the member does not end") }
        return found
    }
}
