/// A piece of a URI template.
enum URITemplatePart: Sendable, Equatable {
    /// Bytes that stand for themselves only. Never empty, and never two in a row.
    case literal([UInt8])
    /// A byte of a character that no URI may hold: itself, or its percent-encoding.
    case encodable(UInt8)
    /// What stands between braces.
    case expression(URITemplateExpression)
}

/// An expression of a URI template: `{?x,y:3,z*}`.
struct URITemplateExpression: Sendable, Equatable {
    /// What follows a variable's name.
    enum Modifier: Sendable, Equatable {
        case none
        /// `:n`: at most so many code points.
        case length(UInt16)
        /// `*`: a list or an array is written out member by member.
        case explode
    }

    /// A variable and how it is written.
    struct Variable: Sendable, Equatable {
        let name: String
        let modifier: Modifier
    }

    let form: URITemplateForm
    let variables: [Variable]
}

/// How an operator writes values: a row of the table in RFC 6570, appendix A.
struct URITemplateForm: Sendable, Equatable {
    /// What comes before the first value that is defined.
    let first: UInt8?
    /// What comes between values.
    let separator: UInt8
    /// Whether values are written as `name=value`.
    let isNamed: Bool
    /// Whether an empty value keeps its `=`.
    let emptyKeepsEquals: Bool
    /// Whether reserved characters are written as they are.
    let allowsReserved: Bool

    private init(
        first: Unicode.Scalar?,
        separator: Unicode.Scalar,
        isNamed: Bool = false,
        emptyKeepsEquals: Bool = false,
        allowsReserved: Bool = false
    ) {
        self.first = first.map { UInt8(ascii: $0) }
        self.separator = UInt8(ascii: separator)
        self.isNamed = isNamed
        self.emptyKeepsEquals = emptyKeepsEquals
        self.allowsReserved = allowsReserved
    }

    static let simple = URITemplateForm(first: nil, separator: ",")

    /// The form an operator asks for; nil if it is none.
    init?(operator character: UInt8) {
        switch character {
        case UInt8(ascii: "+"): self.init(first: nil, separator: ",", allowsReserved: true)
        case UInt8(ascii: "#"): self.init(first: "#", separator: ",", allowsReserved: true)
        case UInt8(ascii: "."): self.init(first: ".", separator: ".")
        case UInt8(ascii: "/"): self.init(first: "/", separator: "/")
        case UInt8(ascii: ";"): self.init(first: ";", separator: ";", isNamed: true)
        case UInt8(ascii: "?"): self.init(first: "?", separator: "&", isNamed: true, emptyKeepsEquals: true)
        case UInt8(ascii: "&"): self.init(first: "&", separator: "&", isNamed: true, emptyKeepsEquals: true)
        default: return nil
        }
    }
}
