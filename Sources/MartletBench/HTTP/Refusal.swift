/// What a server said when it refused.
enum Refusal {
    /// The status and the first line of the body that says something, fit for a terminal.
    static func sentence(_ status: String, body: [UInt8]) -> String {
        let text = String(decoding: body, as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first { line in
            line.contains { $0.isLetter } && !line.hasPrefix("<")
        }
        let said = (line ?? "").prefix(300).unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
        let shown = status.unicodeScalars.prefix(100).filter { $0.value >= 0x20 && $0.value != 0x7F }
        let status = String(String.UnicodeScalarView(shown))
        return said.isEmpty ? status : "\(status): \(String(String.UnicodeScalarView(said)))"
    }
}
