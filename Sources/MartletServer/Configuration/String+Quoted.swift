extension String {
    /// The text in quotes for a message: escaped, so that it stays on its line, and cut where it is long.
    var quoted: String {
        let shown = unicodeScalars.prefix(80)
        let escaped = shown.reduce(into: "") { result, scalar in
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.properties.generalCategory == .control || scalar.properties.isBidiControl:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return "\"\(escaped)\(shown.endIndex < unicodeScalars.endIndex ? "…" : "")\""
    }
}
