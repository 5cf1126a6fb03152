extension URITemplateModel {
    private static let names = ["a", "b", "ab", "x.y", "_", "n%41", "1"]
    private static let literals = ["a", "/", "?", ",", "=", "é", " ", "%", "%41", "a/b", ".", "&a=", "|", "%2", "1,1"]
    private static let letters = [
        "a", "b", "1", "~", ",", "/", "=", "&", ";", ".", "é", "€", "😀", " ", "%", "%41", "#",
    ]

    static func random(_ random: inout SeededGenerator) -> URITemplateModel {
        let count = Int.random(in: 1...4, using: &random)
        var parts = (0..<count).map { _ -> Part in
            random.chance(40)
                ? .literal(Self.literals.randomElement(using: &random)!)
                : .expression(
                    operator: ["", "", "+", "#", ".", "/", ";", "?", "&"].randomElement(using: &random)!,
                    variables: (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.variable(&random) }
                )
        }
        // Two literals in a row could form a percent-encoding that neither is.
        for index in parts.indices.dropLast().reversed() {
            if case .literal(let one) = parts[index], case .literal(let other) = parts[index + 1] {
                parts.replaceSubrange(index...index + 1, with: [.literal(one + other)])
            }
        }
        return URITemplateModel(parts: parts)
    }

    private static func variable(_ random: inout SeededGenerator) -> Variable {
        var variable = Variable(name: Self.names.randomElement(using: &random)!)
        if random.chance(30) {
            variable.length = [1, 2, 3, 9999].randomElement(using: &random)!
        } else if random.chance(40) {
            variable.isExploded = true
        }
        return variable
    }

    /// Values for all variables; one that stands somewhere with a length is a string or undefined.
    func randomValues(_ random: inout SeededGenerator) -> [String: Value] {
        var values: [String: Value] = [:]
        for case .expression(_, let variables) in self.parts {
            for variable in variables where random.chance(80) {
                values[variable.name] = Self.value(&random)
            }
        }
        for case .expression(_, let variables) in self.parts {
            for variable in variables where variable.length != nil && values[variable.name] != nil {
                values[variable.name] = .string(Self.string(&random))
            }
        }
        return values
    }

    private static func value(_ random: inout SeededGenerator) -> Value {
        let count = Int.random(in: 0...3, using: &random)
        return switch Int.random(in: 0..<4, using: &random) {
        case 0: .list((0..<count).map { _ in Self.string(&random) })
        case 1: .pairs((0..<count).map { _ in (Self.string(&random), Self.string(&random)) })
        default: .string(Self.string(&random))
        }
    }

    private static func string(_ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in Self.letters.randomElement(using: &random)! }.joined()
    }

    /// `topic` with a few characters dropped, doubled, swapped or replaced.
    static func spoilt(_ topic: String, _ random: inout SeededGenerator) -> String {
        var characters = Array(topic.unicodeScalars)
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let extra = "a1,/.=&;?#%é4€8".unicodeScalars.randomElement(using: &random)!
            let index = Int.random(in: 0...characters.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: characters.insert(extra, at: index)
            case 1 where index < characters.count: characters[index] = extra
            case _ where index < characters.count: characters.remove(at: index)
            default: break
            }
        }
        return String(String.UnicodeScalarView(characters))
    }
}
