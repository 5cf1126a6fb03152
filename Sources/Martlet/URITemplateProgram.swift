/// An automaton that takes what a URI template can expand to.
///
/// It is built from the template's end to its start, so that whatever an instruction goes on with is known when it is
/// written. Instructions that take nothing therefore always go on with a lower number: one sweep from high to low visits
/// each at most once. Only what takes a byte may go up again. Its size is linear in the template's.
struct URITemplateProgram: Sendable {
    typealias Address = UInt16

    enum Instruction: Sendable {
        /// The end of the template.
        case accept
        /// Goes on with either; the first is preferred when variables are read.
        case fork(Address, Address)
        /// Takes one byte.
        case byte(UInt8, next: Address)
        /// Takes one byte or its percent-encoding.
        case encodable(UInt8, next: Address)
        /// Takes one code point.
        case one(URITemplateAlphabet, next: Address)
        /// Takes any number of characters.
        case many(URITemplateAlphabet, next: Address)
        /// Sets a counter, for the `upTo` after it.
        case count(limit: UInt16, counter: Int16, next: Address)
        /// Takes as many code points as its counter has left.
        case upTo(URITemplateAlphabet, counter: Int16, next: Address)
    }

    /// A place in the template where a variable stands.
    struct Place: Sendable {
        let name: String
        let modifier: URITemplateExpression.Modifier
    }

    private(set) var instructions: [Instruction] = [.accept]
    /// For each instruction the place whose value it takes, by index in `places`.
    private(set) var owners: [Int16?] = [nil]
    /// The places in which variables stand, last first.
    private(set) var places: [Place] = []
    private(set) var counterCount: Int16 = 0

    /// Where to begin.
    var start: Address { Address(self.instructions.count - 1) }

    init(_ parts: some BidirectionalCollection<URITemplatePart>) {
        var next = self.start
        for part in parts.reversed() {
            switch part {
            case .literal(let bytes): next = self.add(bytes, next: next)
            case .encodable(let byte): next = self.add(.encodable(byte, next: next))
            case .expression(let expression): next = self.add(expression, next: next)
            }
        }
    }

    private mutating func add(_ instruction: Instruction, owner: Int16? = nil) -> Address {
        self.instructions.append(instruction)
        self.owners.append(owner)
        return self.start
    }

    private mutating func add(_ bytes: some BidirectionalCollection<UInt8>, next: Address) -> Address {
        bytes.reversed().reduce(next) { next, byte in self.add(.byte(byte, next: next)) }
    }

    /// Adds an expression: per variable a way past it and ways into it, one with what comes before the first value, one
    /// with the separator. Both lead to the same code for the value, or the program would double.
    private mutating func add(_ expression: URITemplateExpression, next: Address) -> Address {
        let form = expression.form
        // Where to go on if no value stands before, and if one does.
        var asFirst = next
        var asLater = next
        for (index, variable) in expression.variables.enumerated().reversed() {
            let value = self.add(variable, form: form, next: asLater)
            if index > 0 {
                let separated = self.add(.byte(form.separator, next: value))
                asLater = self.add(.fork(separated, asLater))
            }
            if let first = form.first {
                let opened = self.add(.byte(first, next: value))
                asFirst = self.add(.fork(opened, asFirst))
            } else if expression.variables.count > 1 {
                asFirst = self.add(.fork(value, asFirst))
            } else {
                // An undefined value and an empty one look the same.
                asFirst = value
            }
        }
        return asFirst
    }

    private mutating func add(
        _ variable: URITemplateExpression.Variable,
        form: URITemplateForm,
        next: Address
    ) -> Address {
        let place = Int16(self.places.count)
        self.places.append(
            Place(name: variable.name, modifier: variable.modifier)
        )
        switch variable.modifier {
        case .explode where form.isNamed:
            return self.addNamedMembers(form, place: place, next: next)
        case .explode where !form.allowsReserved:
            return self.addMembers(form, place: place, next: next)
        case .length(let limit):
            return self.add(prefix: limit, of: variable, form: form, place: place, next: next)
        case .none, .explode:
            let value = self.add(.many(form.allowsReserved ? .reserved : .listed, next: next), owner: place)
            guard form.isNamed else { return value }
            var named = self.add(.byte(UInt8(ascii: "="), next: value))
            if !form.emptyKeepsEquals { named = self.add(.fork(named, next)) }
            return self.add(variable.name.utf8, next: named)
        }
    }

    private mutating func add(
        prefix limit: UInt16,
        of variable: URITemplateExpression.Variable,
        form: URITemplateForm,
        place: Int16,
        next: Address
    ) -> Address {
        let alphabet: URITemplateAlphabet = form.allowsReserved ? .reserved : .unreserved
        let counter = self.counterCount
        self.counterCount += 1
        let value = self.add(.upTo(alphabet, counter: counter, next: next), owner: place)
        guard form.isNamed else { return self.add(.count(limit: limit, counter: counter, next: value)) }
        let named: Address
        if form.emptyKeepsEquals {
            let counted = self.add(.count(limit: limit, counter: counter, next: value))
            named = self.add(.byte(UInt8(ascii: "="), next: counted))
        } else {
            let counted = self.add(.count(limit: limit - 1, counter: counter, next: value))
            let nonEmpty = self.add(.one(alphabet, next: counted), owner: place)
            let equals = self.add(.byte(UInt8(ascii: "="), next: nonEmpty))
            named = self.add(.fork(equals, next))
        }
        return self.add(variable.name.utf8, next: named)
    }

    /// Adds `key=value` with separators between. A list, `name=value`, looks like an array with that one key.
    private mutating func addNamedMembers(_ form: URITemplateForm, place: Int16, next: Address) -> Address {
        let separator = self.add(.byte(form.separator, next: next), owner: place)
        let end = self.add(.fork(separator, next))
        let value = self.add(.many(.unreserved, next: end), owner: place)
        let afterKey: Address
        if form.emptyKeepsEquals {
            afterKey = self.add(.byte(UInt8(ascii: "="), next: value), owner: place)
        } else {
            let nonEmpty = self.add(.one(.unreserved, next: value), owner: place)
            let equals = self.add(.byte(UInt8(ascii: "="), next: nonEmpty), owner: place)
            afterKey = self.add(.fork(equals, end))
        }
        let key = self.add(.many(.unreserved, next: afterKey), owner: place)
        self.instructions[Int(separator)] = .byte(form.separator, next: key)
        return key
    }

    /// Adds members of a list, or pairs of an array, with separators between; not both mixed.
    private mutating func addMembers(_ form: URITemplateForm, place: Int16, next: Address) -> Address {
        let listSeparator = self.add(.byte(form.separator, next: next), owner: place)
        let listEnd = self.add(.fork(listSeparator, next))
        let member = self.add(.many(.unreserved, next: listEnd), owner: place)
        self.instructions[Int(listSeparator)] = .byte(form.separator, next: member)

        let pairSeparator = self.add(.byte(form.separator, next: next), owner: place)
        let pairEnd = self.add(.fork(pairSeparator, next))
        let value = self.add(.many(.unreserved, next: pairEnd), owner: place)
        let equals = self.add(.byte(UInt8(ascii: "="), next: value), owner: place)
        let key = self.add(.many(.unreserved, next: equals), owner: place)
        self.instructions[Int(pairSeparator)] = .byte(form.separator, next: key)
        return self.add(.fork(member, key))
    }
}
