/// SplitMix64: the same numbers on every run, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension [UInt8] {
    /// Cut into two at every place, the ends included (an empty chunk must do nothing).
    var twoWaySplits: some Sequence<[ArraySlice<UInt8>]> {
        (0...count).lazy.map { [self[..<$0], self[$0...]] }
    }

    /// One byte a chunk.
    var byteByByte: [ArraySlice<UInt8>] {
        indices.map { self[$0...$0] }
    }

    func randomSplit(using generator: inout SeededGenerator) -> [ArraySlice<UInt8>] {
        let longest = Int.random(in: 1...(count + 1), using: &generator)
        var chunks: [ArraySlice<UInt8>] = []
        var start = 0
        while start < count {
            let end = Swift.min(count, start + Int.random(in: 0...longest, using: &generator))
            chunks.append(self[start..<end])
            start = end
        }
        return chunks
    }
}
