import NIOCore

/// Sending one frame to many.
extension Shard {
    /// So many connections are looked at before they are written to.
    static let walkGroup = 64

    /// Writes a frame to many sockets, a group at a time, the last first.
    ///
    /// First the group's connections are looked at, then come the system calls: so what is not in the processor's caches
    /// is fetched for several at once, not anew after each call. Nothing else gets its turn in between, so each
    /// descriptor is still the connection's.
    ///
    /// - Parameters:
    ///   - look: fills in the descriptors of a range of them: ``throughOutlet``, or ``nobody``, where there is none.
    ///   - otherwise: sends to one that has not got all of it in this way, and is told how far it came; it may take that one
    ///     out of a list whose last then takes its place.
    func write(
        _ frame: Frame,
        count: Int,
        look: (Range<Int>, UnsafeMutableBufferPointer<CInt>) -> Void,
        otherwise: (Int, StreamSocket.Outcome?) -> Void
    ) {
        let chunk = frame.chunk
        withUnsafeTemporaryAllocation(of: CInt.self, capacity: Self.walkGroup) { descriptors in
            var end = count
            while end > 0 {
                let range = max(0, end - Self.walkGroup)..<end
                look(range, descriptors)
                var unfinished: [(index: Int, outcome: StreamSocket.Outcome?)] = []
                chunk.withUnsafeReadableBytes { bytes in
                    for index in range.reversed() {
                        let descriptor = descriptors[index - range.lowerBound]
                        if descriptor == Self.nobody { continue }
                        let outcome = descriptor >= 0 ? StreamSocket.write(bytes, to: descriptor) : nil
                        if outcome != .all { unfinished.append((index, outcome)) }
                    }
                }
                for (index, outcome) in unfinished { otherwise(index, outcome) }
                end = range.lowerBound
            }
        }
    }

    /// In place of a descriptor: its outlet sends to it.
    static let throughOutlet: CInt = -1
    /// In place of a descriptor: it gets nothing.
    static let nobody: CInt = -2

    /// Sends to one whose socket has not been written to, or did not take all.
    func send(_ frame: Frame, to subscriber: Subscriber, after outcome: StreamSocket.Outcome?) -> SendResult {
        if let outcome { return subscriber.outlet.resume(frame, after: outcome) }
        return subscriber.outlet.send(frame)
    }
}

extension Cohort.Member {
    /// Its open descriptor, or ``Shard/throughOutlet``: whoever is closed is told so by its outlet.
    var descriptor: CInt { self.socket?.openDescriptor ?? Shard.throughOutlet }
}
