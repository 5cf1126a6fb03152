extension ValueFormat<Int> {
    /// A whole number in decimal digits.
    static func integer(_ range: ClosedRange<Int>) -> Self {
        let bounds = range.upperBound == .max ? "of at least \(range.lowerBound)" : range.described { "\($0)" }
        return Self("a whole number \(bounds)") { text throws(Refusal) in
            guard text.utf8.allSatisfy(\.isDigit), let number = Int(text), range.contains(number) else { return nil }
            return number
        }
    }
}

extension ValueFormat<Bool> {
    static var boolean: Self {
        Self("true or false") { text throws(Refusal) in
            switch text {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }
}

extension ValueFormat where Value: CaseIterable & RawRepresentable<String> {
    /// One of the words of an enumeration.
    static func oneOf(_ type: Value.Type) -> Self {
        Self("one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))") { text throws(Refusal) in
            Value(rawValue: text)
        }
    }
}

extension ValueFormat<String> {
    /// The path of a file.
    static var path: Self {
        Self("the path of a file") { text throws(Refusal) in
            text.isEmpty || text.utf8.contains(0) ? nil : text
        }
    }
}

extension ClosedRange {
    func described(_ describe: (Bound) -> String) -> String {
        "from \(describe(lowerBound)) to \(describe(upperBound))"
    }
}
