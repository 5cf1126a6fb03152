import EventSourceClient

/// All findings of one run, and what they come to.
struct DoctorReport: Sendable {
    let url: String
    let findings: [Finding]

    enum Outcome: Int32, Sendable {
        case fit = 0
        case unfit = 1
        /// There was nobody to ask.
        case unasked = 2
    }

    var outcome: Outcome {
        let failed = self.findings.filter { $0.verdict == .fail }
        if failed.contains(where: { $0.id == .connect }) { return .unasked }
        return failed.isEmpty ? .fit : .unfit
    }

    /// The last line for people.
    var conclusion: String {
        let remarks = self.findings.count { $0.verdict == .warn }
        switch self.outcome {
        case .fit where remarks == 0: return "Fit: a browser gets its events from here."
        case .fit: return "Fit: a browser gets its events from here; there is advice above (\(remarks))."
        case .unfit: return "Not fit; see what failed above (\(self.findings.count { $0.verdict == .fail }))."
        case .unasked: return "Could not be asked."
        }
    }

    /// One object on a line.
    var json: [UInt8] {
        var output: [UInt8] = []
        func append(_ text: String) { output.append(contentsOf: text.utf8) }
        func appendString(_ text: String?) {
            guard let text else { return append("null") }
            append("\"")
            EventFormat.appendEscaped(text, to: &output)
            append("\"")
        }
        append(#"{"url":"#)
        appendString(redactedURL(self.url))
        append(#","fit":\#(self.outcome == .fit),"findings":["#)
        for (index, finding) in self.findings.enumerated() {
            append(index == 0 ? "{" : ",{")
            append(#""id":"\#(finding.id.rawValue)","verdict":"\#(finding.verdict.rawValue)","sentence":"#)
            appendString(finding.sentence)
            append(#","cure":"#)
            appendString(finding.cure)
            append(#","seconds":\#(finding.seconds.map { "\(($0 * 1_000_000).rounded() / 1_000_000)" } ?? "null")}"#)
        }
        append("]}\n")
        return output
    }

    /// Lines for people: verdict, id and sentence, and below them the cure.
    func text(isColoured: Bool) -> [UInt8] {
        var output: [UInt8] = []
        func append(_ text: String) { output.append(contentsOf: text.utf8) }
        for finding in self.findings {
            let word = finding.verdict.rawValue
            append(isColoured ? "\u{1B}[\(finding.verdict.colour)m\(word)\u{1B}[0m" : word)
            append(String(repeating: " ", count: 6 - word.count) + finding.id.rawValue + ": ")
            // Parts of it are the server's, which must not move the cursor.
            EventFormat.appendVisible(finding.sentence, to: &output)
            append("\n")
            if let cure = finding.cure {
                append("      → ")
                EventFormat.appendVisible(cure, to: &output)
                append("\n")
            }
        }
        append("\n\(self.conclusion)\n")
        return output
    }
}

extension Finding.Verdict {
    /// Of a terminal, as a parameter of SGR (ECMA-48 §8.3.117).
    fileprivate var colour: Int {
        switch self {
        case .ok: 32
        case .warn: 33
        case .fail: 31
        case .skip: 2
        }
    }
}
