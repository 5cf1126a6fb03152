extension URITemplateProgram {
    /// Runs all ways through the program at once, byte by byte, and says whether one of them takes all of `bytes`.
    ///
    /// For each instruction only whether a way stands there is kept; of ways that count, only the greatest remaining
    /// count, as it can do whatever a lesser one can. So no instruction is visited twice at a byte.
    func search(_ bytes: UnsafeBufferPointer<UInt8>) -> (isMatch: Bool, steps: Int) {
        let width = (self.instructions.count + 63) / 64
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: width * Front.depth) { ways in
            ways.initialize(repeating: 0)
            return withUnsafeTemporaryAllocation(
                of: UInt16.self,
                capacity: Int(self.counterCount) * Front.depth
            ) { counters in
                // The values do not matter: a counter is read only where a way stands, and that has set it.
                counters.initialize(repeating: 0)
                return self.instructions.withUnsafeBufferPointer { instructions in
                    var front = Front(ways: ways, counters: counters, width: width)
                    return front.run(instructions, from: self.start, over: bytes)
                }
            }
        }
    }

    /// Where the ways stand, at the current byte and those a code point may reach from there.
    ///
    /// It lives on the stack of one search, over memory that the search lends it.
    private struct Front {
        /// Rows of the ring: a code point takes at most 12 bytes.
        static let depth = 16

        let ways: UnsafeMutableBufferPointer<UInt64>
        let counters: UnsafeMutableBufferPointer<UInt16>
        let width: Int
        /// The last byte that a way stands at.
        var furthest = 0

        init(ways: UnsafeMutableBufferPointer<UInt64>, counters: UnsafeMutableBufferPointer<UInt16>, width: Int) {
            self.ways = ways
            self.counters = counters
            self.width = width
        }

        @inline(__always)
        private mutating func add(_ address: Address, at index: Int) {
            self.ways[index % Self.depth * self.width + Int(address) / 64] |= 1 << UInt64(address % 64)
            if index > self.furthest { self.furthest = index }
        }

        @inline(__always)
        private mutating func add(_ address: Address, counter: Int16, remaining: UInt16, at index: Int) {
            let row = index % Self.depth
            let isNew = self.ways[row * self.width + Int(address) / 64] & 1 << UInt64(address % 64) == 0
            let cell = Int(counter) * Self.depth + row
            self.counters[cell] = isNew ? remaining : max(remaining, self.counters[cell])
            self.add(address, at: index)
        }

        mutating func run(
            _ instructions: UnsafeBufferPointer<Instruction>,
            from start: Address,
            over bytes: UnsafeBufferPointer<UInt8>
        ) -> (isMatch: Bool, steps: Int) {
            var steps = 0
            var index = 0
            self.add(start, at: 0)
            while index <= self.furthest {
                let input = URITemplateInput(bytes, at: index)
                let row = index % Self.depth
                for word in stride(from: self.width - 1, through: 0, by: -1) {
                    // Instructions that take nothing set lower bits of the same row, which are seen later.
                    while true {
                        let bits = self.ways[row * self.width + word]
                        guard bits != 0 else { break }
                        let bit = 63 - bits.leadingZeroBitCount
                        self.ways[row * self.width + word] = bits & ~(1 << UInt64(bit))
                        let address = Address(word * 64 + bit)
                        steps += 1
                        if case .accept = instructions[Int(address)] {
                            if index == bytes.count { return (true, steps) }
                        } else {
                            self.visit(instructions[Int(address)], address, input, at: index)
                        }
                    }
                }
                index += 1
            }
            return (false, steps)
        }

        @inline(__always)
        private mutating func visit(
            _ instruction: Instruction,
            _ address: Address,
            _ input: URITemplateInput,
            at index: Int
        ) {
            switch instruction {
            case .accept:
                break
            case .fork(let one, let other):
                self.add(one, at: index)
                self.add(other, at: index)
            case .byte(let byte, let next):
                if input.byte == byte { self.add(next, at: index + 1) }
            case .encodable(let byte, let next):
                if input.byte == byte { self.add(next, at: index + 1) }
                if input.encoded == byte { self.add(next, at: index + 3) }
            case .one(let alphabet, let next):
                let width = input.width(in: alphabet)
                guard width > 0 else { return }
                for width in input.widths(in: alphabet) { self.add(next, at: index + width) }
            case .many(let alphabet, let next):
                self.add(next, at: index)
                let width = input.width(in: alphabet)
                if width > 0 { self.add(address, at: index + width) }
            case .count(let limit, let counter, let next):
                self.add(next, counter: counter, remaining: limit, at: index)
            case .upTo(let alphabet, let counter, let next):
                self.add(next, at: index)
                let remaining = self.counters[Int(counter) * Self.depth + index % Self.depth]
                guard remaining > 0, input.width(in: alphabet) > 0 else { return }
                for width in input.widths(in: alphabet) {
                    self.add(address, counter: counter, remaining: remaining - 1, at: index + width)
                }
            }
        }
    }
}
