/// Says what lies behind the commonest mistakes, which the parser names by their symptom.
enum YAMLHint {
    /// A hint in parentheses, or nothing.
    static func sentence(line number: Int, of text: String) -> String {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return "" }
        let line = Substring(lines[number - 1])
        let indentation = line.utf8.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        if indentation.contains(UInt8(ascii: "\t")) {
            return " (YAML is indented with spaces, and this line begins with a tab)"
        }
        if line.contains("${") {
            return " (a value with ${…} needs quotes inside {…} and […])"
        }
        if line.contains(": !") {
            return " (a text that begins with ! needs quotes)"
        }
        if let open = line.firstIndex(of: "["), line[open...].contains("]:") {
            return " (an IPv6 address needs quotes: \"[::1]:8080\")"
        }
        return ""
    }
}
