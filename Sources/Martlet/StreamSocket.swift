package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A plain TCP connection, written to below NIO's pipeline.
///
/// A fan-out is one small write per subscriber, and the way through the pipeline costs more than the write itself. This
/// is the one place that knows descriptors. Its user must have nothing queued in the channel, and takes the ordinary
/// way for what the kernel does not take. Confined to the channel's event loop.
package struct StreamSocket {
    /// What the kernel did with some bytes.
    package enum Outcome: Hashable {
        /// It took all.
        case all
        /// It took so many, and is full.
        case some(Int)
        /// The connection is broken.
        case broken
    }

    private let channel: any Channel
    private let descriptor: CInt

    /// Takes the socket of a channel, or nil if the channel's bytes don't go to a TCP socket as they are.
    package init?(_ channel: any Channel) {
        guard
            let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self,
                { $0 }
            )
        else { return nil }
        self.channel = channel
        self.descriptor = descriptor
    }

    /// The descriptor, or -1 if the connection is closed; only for what is done before anything else gets its turn.
    ///
    /// NIO closes a descriptor and clears this flag in one go, on this loop; a descriptor of an active channel has not
    /// been given to another connection yet.
    var openDescriptor: CInt { self.channel.isActive ? self.descriptor : -1 }

    /// Writes without waiting.
    package func write(_ bytes: ByteBuffer) -> Outcome {
        let descriptor = self.openDescriptor
        guard descriptor >= 0 else { return .broken }
        return bytes.withUnsafeReadableBytes { Self.write($0, to: descriptor) }
    }

    /// Writes to an open descriptor without waiting.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Outcome {
        while true {
            let sent = send(descriptor, bytes.baseAddress, bytes.count, StreamSocket.flags)
            if sent == bytes.count { return .all }
            if sent >= 0 { return .some(sent) }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS: return .some(0)
            default: return .broken
            }
        }
    }

    /// How many bytes the kernel holds that the peer has not acknowledged.
    package var unacknowledged: Int {
        guard self.channel.isActive else { return 0 }
        #if canImport(Darwin)
        var count: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(self.descriptor, SOL_SOCKET, SO_NWRITE, &count, &size)
        #else
        var count: CInt = 0
        _ = ioctl(self.descriptor, UInt(TIOCOUTQ), &count)
        #endif
        return Int(count)
    }

    /// Has the kernel hold little for a slow reader, and give up on a peer that has vanished.
    ///
    /// - Parameter timeout: how long sent bytes may stay unacknowledged.
    package func prepareForStream(timeout: TimeAmount) {
        guard self.channel.isActive else { return }
        #if canImport(Darwin)
        self.set(TCP_NOTSENT_LOWAT, to: StreamSocket.unsentBytes)
        #else
        // A cursor costs nothing, the kernel's buffers do: what isn't sent yet may be as much as one write of ours.
        self.set(TCP_NOTSENT_LOWAT, to: StreamSocket.unsentBytes)
        // Later than the hub's own look at readers without progress: this is for a stream that is only quiet.
        self.set(TCP_USER_TIMEOUT, to: CInt(clamping: timeout.nanoseconds / 1_000_000 + 5_000))
        #endif
    }

    #if canImport(Darwin)
    private static let flags = CInt(MSG_DONTWAIT)
    #else
    // A peer that is gone is an error to handle, not a signal.
    private static let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
    #endif

    private static let unsentBytes: CInt = 128 << 10

    private func set(_ option: CInt, to value: CInt) {
        var value = value
        // Only an improvement: a kernel without the option serves as well.
        _ = setsockopt(self.descriptor, CInt(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<CInt>.size))
    }
}
