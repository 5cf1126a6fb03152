package import NIOCore
package import ServerSentEvents

/// The bytes of one or more events as they go to a socket, encoded once and shared by all who get them.
///
/// The bytes are one chunk of HTTP/1.1's chunked coding (RFC 9112 §7.1) whose content is the events; whoever needs them
/// without that (HTTP/1.0, HTTP/2) takes ``payload``, a slice of the same memory.
package struct Frame: Sendable {
    /// The events inside the chunk's framing.
    package let chunk: ByteBuffer
    private let payloadStart: Int
    private let payloadLength: Int

    /// The events without framing.
    package var payload: ByteBuffer { self.chunk.getSlice(at: self.payloadStart, length: self.payloadLength)! }
    /// The length of the events without framing.
    package var payloadBytes: Int { self.payloadLength }

    /// Frames `length` bytes that `write` puts in place.
    package init(
        payloadLength length: Int,
        allocator: ByteBufferAllocator,
        write: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let header = String(length, radix: 16)
        var buffer = allocator.buffer(capacity: header.utf8.count + length + 4)
        buffer.writeString(header)
        buffer.writeStaticString("\r\n")
        self.payloadStart = buffer.writerIndex
        self.payloadLength = length
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { memory in
            write(UnsafeMutableRawBufferPointer(rebasing: memory[..<length]))
            return length
        }
        buffer.writeStaticString("\r\n")
        self.chunk = buffer
    }

    /// Encodes one event.
    package init(_ event: Event, allocator: ByteBufferAllocator = Frame.allocator) {
        self.init(payloadLength: EventEncoder.byteCount(of: event), allocator: allocator) { memory in
            _ = EventEncoder.write(event, into: memory)
        }
    }

    /// Frames bytes that are an event or comment already.
    package init(bytes: [UInt8]) {
        self.init(payloadLength: bytes.count, allocator: Frame.allocator) { $0.copyBytes(from: bytes) }
    }

    /// Puts several frames into one, so that one write sends them all.
    package init(joining frames: [Frame]) {
        // A chunk without content would end the response.
        precondition(!frames.isEmpty)
        if frames.count == 1 {
            self = frames[0]
            return
        }
        self.init(payloadLength: frames.reduce(0) { $0 + $1.payloadLength }, allocator: Frame.allocator) { memory in
            var offset = 0
            for frame in frames {
                frame.chunk.withUnsafeReadableBytes { bytes in
                    memory[offset...].copyBytes(
                        from: bytes[frame.payloadStart..<frame.payloadStart + frame.payloadLength]
                    )
                }
                offset += frame.payloadLength
            }
        }
    }

    package static let allocator = ByteBufferAllocator()

    /// A comment without text: what a stream opens with and what keeps it alive (WHATWG HTML 9.2.7).
    package static let heartbeat = Frame(bytes: Array(":\n\n".utf8))
}
