package import NIOCore
package import ServerSentEvents

/// The bytes of one or more events as they go to a socket, encoded once and shared by all who get them.
///
/// The bytes are one chunk of HTTP/1.1's chunked coding (RFC 9112 §7.1) whose content is the events; whoever needs them
/// without that (HTTP/1.0, HTTP/2) takes ``payload``, a slice of the same memory.
package struct Frame: Sendable {
    /// The events inside the chunk's framing.
    package let chunk: ByteBuffer
    /// Whether it isn't for everybody. Such a frame isn't compressed together with others.
    let isPrivate: Bool
    // Narrow, so that a frame takes no more with a digest than it did without.
    private let payloadStart: UInt32
    private let payloadLength: UInt32
    /// What its plain bytes come to, if it is compressed; else nil.
    package let digest: FrameDigest?

    /// The events without framing.
    package var payload: ByteBuffer { self.chunk.getSlice(at: Int(self.payloadStart), length: self.payloadBytes)! }
    /// The length of the events without framing.
    package var payloadBytes: Int { Int(self.payloadLength) }

    /// Frames `length` bytes that `write` puts in place.
    package init(
        payloadLength length: Int,
        allocator: ByteBufferAllocator,
        isPrivate: Bool = false,
        digest: FrameDigest? = nil,
        write: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        self.isPrivate = isPrivate
        self.digest = digest
        let header = String(length, radix: 16)
        var buffer = allocator.buffer(capacity: header.utf8.count + length + 4)
        buffer.writeString(header)
        buffer.writeStaticString("\r\n")
        self.payloadStart = UInt32(buffer.writerIndex)
        self.payloadLength = UInt32(length)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { memory in
            write(UnsafeMutableRawBufferPointer(rebasing: memory[..<length]))
            return length
        }
        buffer.writeStaticString("\r\n")
        self.chunk = buffer
    }

    /// Encodes one event.
    package init(_ event: Event, isPrivate: Bool = false, allocator: ByteBufferAllocator = Frame.allocator) {
        self.init(
            payloadLength: EventEncoder.byteCount(of: event),
            allocator: allocator,
            isPrivate: isPrivate
        ) { memory in
            _ = EventEncoder.write(event, into: memory)
        }
    }

    /// Frames bytes that are an event or comment already.
    package init(bytes: [UInt8]) {
        self.init(payloadLength: bytes.count, allocator: Frame.allocator) { $0.copyBytes(from: bytes) }
    }

    /// Frames bytes of a compressed stream.
    ///
    /// - Parameter digest: of what they are decompressed to; nil for the last of a stream.
    init(compressed bytes: ByteBuffer, digest: FrameDigest?) {
        self.init(payloadLength: bytes.readableBytes, allocator: Frame.allocator, digest: digest) { memory in
            bytes.withUnsafeReadableBytes { memory.copyMemory(from: $0) }
        }
    }

    /// Puts several frames into one, so that one write sends them all.
    package init(joining frames: [Frame]) {
        // A chunk without content would end the response.
        precondition(!frames.isEmpty)
        if frames.count == 1 {
            self = frames[0]
            return
        }
        self.init(payloadLength: frames.reduce(0) { $0 + $1.payloadBytes }, allocator: Frame.allocator) { memory in
            var offset = 0
            for frame in frames {
                frame.chunk.withUnsafeReadableBytes { bytes in
                    let start = Int(frame.payloadStart)
                    memory[offset...].copyBytes(from: bytes[start..<start + frame.payloadBytes])
                }
                offset += frame.payloadBytes
            }
        }
    }

    package static let allocator = ByteBufferAllocator()

    /// A comment without text: what a stream opens with and what keeps it alive (WHATWG HTML 9.2.7).
    package static let heartbeat = Frame(bytes: Array(":\n\n".utf8))
}
