import Testing

@testable import MartletBench

@Suite struct ReceiptsTests {
    private func take(_ sequences: [Int], publisher: Int = 0, of publishers: Int = 1) -> Receipts {
        let receipts = Receipts(streams: 2, publishers: publishers, counters: StreamCounters())
        for sequence in sequences {
            receipts.take(Marker(time: 0, publisher: publisher, sequence: sequence), stream: 1, at: 2_000)
        }
        return receipts
    }

    @Test(arguments: [
        ([0, 1, 2, 3], 4, 0, 0), ([0, 2, 3], 3, 0, 0), ([0, 2, 1, 3], 4, 0, 1), ([0, 1, 1, 2], 3, 1, 0),
        ([3, 0, 1, 2, 2], 4, 1, 3), ([5, 5, 5], 1, 2, 0), ([0, 1, 0], 2, 1, 0),
    ])
    func `what comes twice is told from what comes late`(
        sequences: [Int],
        distinct: Int,
        duplicates: Int,
        misordered: Int
    ) {
        let receipts = self.take(sequences)
        #expect(receipts.distinct == distinct)
        #expect(receipts.faults.duplicates == duplicates)
        #expect(receipts.faults.misordered == misordered)
        #expect(receipts.latencies.count == distinct)
    }

    @Test func `a marker of nobody is no delivery`() {
        #expect(self.take([0, 1], publisher: 4, of: 4).faults.foreign == 2)
        #expect(self.take([0, 1], publisher: 4, of: 4).distinct == 0)
        #expect(self.take([1 << 33]).faults.foreign == 1)
    }

    @Test func `streams and publishers are told apart`() {
        let receipts = Receipts(streams: 2, publishers: 2, counters: StreamCounters())
        for stream in 0..<2 {
            for publisher in 0..<2 {
                receipts.take(Marker(time: 0, publisher: publisher, sequence: 0), stream: stream, at: 1)
            }
        }
        #expect(receipts.distinct == 4)
        #expect(receipts.faults == Receipts.Faults())
    }

    @Test func `a server that skips wildly doesn't fill the memory`() {
        let receipts = self.take((1...50).map { $0 * 80_000_000 } + [Int(UInt32.max), 0])
        #expect(receipts.distinct == 52)
    }

    @Test func `a stream has arrived with the last of what it is to receive`() {
        let counters = StreamCounters()
        let receipts = Receipts(streams: 2, publishers: 1, counters: counters)
        receipts.goal = 3
        for stream in 0..<2 {
            for sequence in 0..<3 {
                #expect(counters.arrived.now == stream)
                receipts.take(Marker(time: 0, publisher: 0, sequence: sequence), stream: stream, at: 9)
            }
        }
        #expect(counters.arrived.now == 2)
        #expect(counters.lastArrival.now == 9)
    }
}
