extension RESPDecoder {
    /// The first byte of a value.
    enum Marker: UInt8 {
        case simpleString = 0x2B  // +
        case simpleError = 0x2D  // -
        case number = 0x3A  // :
        case bulkString = 0x24  // $
        case null = 0x5F  // _
        case boolean = 0x23  // #
        case double = 0x2C  // ,
        case bigNumber = 0x28  // (
        case bulkError = 0x21  // !
        case verbatimString = 0x3D  // =
        case array = 0x2A  // *
        case map = 0x25  // %
        case set = 0x7E  // ~
        case attribute = 0x7C  // |
        case push = 0x3E  // >
    }

    /// A value of many, some of which are still to come. Lies on the decoder's stack.
    struct OpenAggregate {
        private let marker: Marker
        private let count: Int
        private var elements: [RESPToken] = []

        init(_ marker: Marker, count: Int) {
            self.marker = marker
            self.count = count
            // A count is only what the server says: memory is for what it sends.
            self.elements.reserveCapacity(min(count, 1024))
        }

        /// Takes the next value and says whether it was the last.
        mutating func isFilled(by token: RESPToken) -> Bool {
            self.elements.append(token)
            return self.elements.count == self.count
        }

        /// The whole value; `nil` for an attribute, which says something about the value behind it and is no element.
        var token: RESPToken? {
            switch self.marker {
            case .map: .map(RESPToken.pairs(of: self.elements))
            case .set: .set(self.elements)
            case .push: .push(self.elements)
            case .attribute: nil
            default: .array(self.elements)
            }
        }
    }
}
