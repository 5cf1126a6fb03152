/// Puts the environment's values in place of `${NAME}`; `$${` is a literal `${`.
enum Interpolation {
    private static let escape = "a literal ${ is written $${"

    /// - Parameter isSecret: whether no message may repeat a part of the text.
    static func expand(
        _ text: String,
        _ environment: [String: String],
        isSecret: Bool = false
    ) throws(Refusal) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.utf8.firstIndex(of: UInt8(ascii: "$")) {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.utf8.starts(with: "$${".utf8) {
                result += "${"
                rest = rest[rest.utf8.index(dollar, offsetBy: 3)...]
            } else if rest.utf8.starts(with: "${".utf8) {
                let start = rest.utf8.index(dollar, offsetBy: 2)
                guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "}")) else {
                    let shown = isSecret ? "the text" : text.quoted
                    throw Refusal(.badVariable, "\(shown) opens a ${ that no } closes; \(escape)")
                }
                result += try value(of: String(rest[start..<end]), environment, isSecret: isSecret)
                rest = rest[rest.utf8.index(after: end)...]
            } else {
                result += "$"
                rest = rest[rest.utf8.index(after: dollar)...]
            }
        }
        return result + rest
    }

    private static func value(
        of name: String,
        _ environment: [String: String],
        isSecret: Bool
    ) throws(Refusal) -> String {
        guard let first = name.utf8.first, !first.isDigit,
            name.utf8.allSatisfy({ $0.isNameByte && $0 != UInt8(ascii: "-") })
        else {
            let shown = isSecret ? "what stands" : name.quoted
            throw Refusal(.badVariable, "\(shown) in ${…} is not the name of a variable; \(escape)")
        }
        guard let value = environment[name] else {
            throw Refusal(.badVariable, "the variable \(name) is not set in the environment")
        }
        return value
    }
}
