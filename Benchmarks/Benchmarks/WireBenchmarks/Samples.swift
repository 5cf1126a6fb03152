import ServerSentEvents

/// What all benchmarks of the wire format read and write: a megabyte or so of events that take 120 bytes each.
enum Samples {
    static let eventBytes = 120
    static let count = 10_000

    /// With ids as a hub gives them, and data that is JSON as pages publish it.
    static let events: [Event] = (0..<count).map { number in
        let id = "k3f9x-\(1_000_000 + number)"
        let around = "id: \ndata: \n\n".utf8.count + id.utf8.count
        let head = #"{"notice_num":\#(number % 10),"text":""#
        let padding = eventBytes - around - head.utf8.count - 2
        return Event(id: id, data: head + String(repeating: "x", count: padding) + #""}"#)
    }

    static let stream: [UInt8] = events.flatMap { event in
        // Nothing in it can be refused.
        (try? EventEncoder.encode(event)) ?? []
    }

    /// The stream as a socket hands it over: events are cut anywhere.
    static let pieces: [ArraySlice<UInt8>] = stride(from: 0, to: stream.count, by: 64 << 10).map {
        stream[$0..<min(stream.count, $0 + 64 << 10)]
    }
}
