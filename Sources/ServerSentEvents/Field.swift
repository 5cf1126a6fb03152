/// One line of a stream that is not empty: its field, and the field's value as a part of the line.
///
/// Source: WHATWG HTML 9.2.6. Field names are compared byte by byte, so case matters and no `Character` is formed.
struct Field {
    enum Name {
        case data, event, id, retry, comment, unknown
    }

    let name: Name
    let value: UnsafeRawBufferPointer

    /// - Parameter line: The line without its end. Not empty.
    @inline(__always)
    init(_ line: UnsafeRawBufferPointer) {
        // Only names that matter are told apart, so the colon need not be searched: it can be in one place only.
        switch line[0] {
        case UInt8(ascii: "d"): self.init(.data, "data", in: line)
        case UInt8(ascii: "i"): self.init(.id, "id", in: line)
        case UInt8(ascii: "e"): self.init(.event, "event", in: line)
        case UInt8(ascii: ":"): self.init(.comment, "", in: line)
        case UInt8(ascii: "r"): self.init(.retry, "retry", in: line)
        default: self.init(name: .unknown, value: line)
        }
    }

    private init(name: Name, value: UnsafeRawBufferPointer) {
        self.name = name
        self.value = value
    }

    @inline(__always)
    private init(_ name: Name, _ text: StaticString, in line: UnsafeRawBufferPointer) {
        let length = text.utf8CodeUnitCount
        guard line.count >= length else {
            self.init(name: .unknown, value: line)
            return
        }
        for offset in 0..<length where line[offset] != text.utf8Start[offset] {
            self.init(name: .unknown, value: line)
            return
        }
        var start = length
        if start < line.count {
            guard line[start] == UInt8(ascii: ":") else {
                self.init(name: .unknown, value: line)
                return
            }
            start += 1
            if start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
        }
        self.init(name: name, value: UnsafeRawBufferPointer(rebasing: line[start...]))
    }

    /// The value as text; what is not UTF-8 becomes U+FFFD (WHATWG Encoding, "UTF-8 decode").
    var text: String {
        String(decoding: value, as: UTF8.self)
    }

    /// The value as a number, or `nil` if it is not made of ASCII digits only, or is more than `Int.max`.
    var number: Int? {
        if value.isEmpty { return nil }
        var number = 0
        for byte in value {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = byte else { return nil }
            let (tenfold, isOver) = number.multipliedReportingOverflow(by: 10)
            let (sum, isOverToo) = tenfold.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if isOver || isOverToo { return nil }
            number = sum
        }
        return number
    }
}
