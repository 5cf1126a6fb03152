extension URITemplateProgram {
    /// What a place took: a range of the bytes, and whether it must have been a list.
    struct Reading: Sendable, Equatable {
        var range: Range<Int>
        var isList: Bool
    }

    /// What each place took on the preferred way through all of `bytes`; nil if there is no way.
    ///
    /// First it is found out, from the end backwards, from where the end can be reached; then one walk from the start
    /// keeps to such ways and never has to turn back.
    func readings(of bytes: UnsafeBufferPointer<UInt8>) -> [Reading?]? {
        let map = ReachabilityMap(of: self, over: bytes)
        return map.contains(self.start, at: 0) ? self.walk(bytes, map) : nil
    }

    private func walk(_ bytes: UnsafeBufferPointer<UInt8>, _ map: ReachabilityMap) -> [Reading?] {
        var readings = [Reading?](repeating: nil, count: self.places.count)
        var address = self.start
        var index = 0
        var remaining: UInt16 = 0
        while true {
            let input = URITemplateInput(bytes, at: index)
            let instruction = self.instructions[Int(address)]
            var taken = 0
            var next = address
            switch instruction {
            case .accept:
                return readings
            case .fork(let preferred, let other):
                next = map.contains(preferred, at: index) ? preferred : other
            case .byte(_, let target):
                (next, taken) = (target, 1)
            case .encodable(let byte, let target):
                // Of a lone % both forms begin alike; an expansion has the encoded one.
                next = target
                taken = input.encoded == byte && map.contains(target, at: index + 3) ? 3 : 1
            case .one(let alphabet, let target):
                next = target
                taken = input.widths(in: alphabet).reversed().first { map.contains(target, at: index + $0) } ?? 0
            case .many(let alphabet, let target):
                let width = input.width(in: alphabet)
                // A comma separates variables where it can; only else does it separate the members of a list.
                let endsAtComma = alphabet == .listed && input.byte == UInt8(ascii: ",")
                if width > 0, map.contains(address, at: index + width),
                    !(endsAtComma && map.contains(target, at: index))
                {
                    taken = width
                } else {
                    next = target
                }
            case .count(let limit, _, let target):
                (next, remaining) = (target, limit)
            case .upTo(let alphabet, let counter, let target):
                let width =
                    remaining == 0 || input.width(in: alphabet) == 0
                    ? nil
                    : input.widths(in: alphabet).reversed().first { map.need(of: counter, at: index + $0) < remaining }
                if let width {
                    (taken, remaining) = (width, remaining - 1)
                } else {
                    next = target
                }
            }
            if taken > 0, let owner = self.owners[Int(address)] {
                let start = readings[Int(owner)]?.range.lowerBound ?? index
                let isList = readings[Int(owner)]?.isList ?? false
                var isListed = false
                if case .many(.listed, _) = instruction { isListed = input.byte == UInt8(ascii: ",") }
                readings[Int(owner)] = Reading(range: start..<index + taken, isList: isList || isListed)
            }
            address = next
            index += taken
        }
    }
}

/// From which instruction, at which byte, the end of the template can be reached at the end of the bytes.
///
/// It is made for one reading of one topic.
private struct ReachabilityMap {
    typealias Address = URITemplateProgram.Address

    /// More than any counter has.
    private static let never = UInt16.max

    private let width: Int
    private let counterCount: Int
    private var reached: [UInt64]
    /// How much a counter must have left.
    private var needs: [UInt16]

    init(of program: URITemplateProgram, over bytes: UnsafeBufferPointer<UInt8>) {
        self.width = (program.instructions.count + 63) / 64
        self.counterCount = Int(program.counterCount)
        // A percent-encoding is only tried where it is whole, so nothing beyond the end is asked for.
        self.reached = Array(repeating: 0, count: (bytes.count + 1) * self.width)
        self.needs = Array(repeating: Self.never, count: (bytes.count + 1) * self.counterCount)
        for index in stride(from: bytes.count, through: 0, by: -1) {
            let input = URITemplateInput(bytes, at: index)
            for address in program.instructions.indices {
                let instruction = program.instructions[address]
                if self.reaches(instruction, Address(address), input, at: index, end: bytes.count) {
                    self.reached[index * self.width + address / 64] |= 1 << UInt64(address % 64)
                }
            }
        }
    }

    func contains(_ address: Address, at index: Int) -> Bool {
        self.reached[index * self.width + Int(address) / 64] & 1 << UInt64(address % 64) != 0
    }

    func need(of counter: Int16, at index: Int) -> UInt16 {
        self.needs[index * self.counterCount + Int(counter)]
    }

    private mutating func reaches(
        _ instruction: URITemplateProgram.Instruction,
        _ address: Address,
        _ input: URITemplateInput,
        at index: Int,
        end: Int
    ) -> Bool {
        switch instruction {
        case .accept:
            return index == end
        case .fork(let one, let other):
            return self.contains(one, at: index) || self.contains(other, at: index)
        case .byte(let byte, let next):
            return input.byte == byte && self.contains(next, at: index + 1)
        case .encodable(let byte, let next):
            return input.byte == byte && self.contains(next, at: index + 1)
                || input.encoded == byte && self.contains(next, at: index + 3)
        case .one(let alphabet, let next):
            return input.width(in: alphabet) > 0
                && input.widths(in: alphabet).contains { self.contains(next, at: index + $0) }
        case .many(let alphabet, let next):
            let width = input.width(in: alphabet)
            return self.contains(next, at: index) || width > 0 && self.contains(address, at: index + width)
        case .count(let limit, let counter, _):
            return self.need(of: counter, at: index) <= limit
        case .upTo(let alphabet, let counter, let next):
            var need = Self.never
            if self.contains(next, at: index) {
                need = 0
            } else if input.width(in: alphabet) > 0 {
                for width in input.widths(in: alphabet) {
                    let later = self.need(of: counter, at: index + width)
                    if later != Self.never { need = min(need, later + 1) }
                }
            }
            self.needs[index * self.counterCount + Int(counter)] = need
            return need != Self.never
        }
    }
}
