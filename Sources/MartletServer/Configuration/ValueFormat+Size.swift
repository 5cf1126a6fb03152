extension ValueFormat<Int> {
    /// A number of bytes: `16MiB` (of 1024), `64MB` (of 1000) or `1048576`.
    static func size(_ range: ClosedRange<Int>) -> Self {
        Self("a size like 64KiB, 16MiB, 64MB or 1048576") { text throws(Refusal) in
            guard let bytes = bytes(text) else { return nil }
            guard range.contains(bytes) else {
                throw Refusal(.invalidValue, "expected a size \(range.described(describe)), found \(text.quoted)")
            }
            return bytes
        }
    }

    private static var units: [(name: String, bytes: Int)] {
        [
            ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000),
            ("KB", 1000), ("kB", 1000), ("B", 1), ("", 1),
        ]
    }

    private static func bytes(_ text: String) -> Int? {
        let digits = text.utf8.prefix(while: \.isDigit)
        let unit = text.utf8.dropFirst(digits.count)
        guard let number = Int(Substring(digits)),
            let scale = units.first(where: { $0.name.utf8.elementsEqual(unit) })?.bytes
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: scale)
        return overflow ? nil : bytes
    }

    private static func describe(_ bytes: Int) -> String {
        guard let unit = units.first(where: { bytes.isMultiple(of: $0.bytes) }) else { return "\(bytes)" }
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
