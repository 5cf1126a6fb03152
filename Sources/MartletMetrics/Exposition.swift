/// How names, values and numbers are spelled in Prometheus' text format, version 0.0.4.
enum Exposition {
    /// Beyond this a name or a label's value is cut off, since what is kept must not grow with what comes in.
    static let maxNameBytes = 200
    static let maxValueBytes = 256

    /// A metric's name. Colons are legal in it, but left to recording rules.
    static func metricName(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars.prefix(self.maxNameBytes) {
            let isUsable =
                switch scalar {
                case "a"..."z", "A"..."Z", "_": true
                case "0"..."9": !text.isEmpty
                default: false
                }
            if isUsable {
                text.unicodeScalars.append(scalar)
            } else if case "0"..."9" = scalar {
                text += "_\(scalar)"
            } else {
                text += "_"
            }
        }
        return text.isEmpty ? "_" : text
    }

    /// A label's name: two underscores in front are Prometheus' own, and `le` is a bucket's.
    static func labelName(_ name: String) -> String {
        var text = self.metricName(name)
        while text.hasPrefix("__") { text.removeFirst() }
        return text == "le" ? "exported_le" : text
    }

    /// A label's value, as it stands between quotes.
    static func labelValue(_ value: String) -> String {
        var text = ""
        var bytes = 0
        for scalar in value.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= self.maxValueBytes else { break }
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// What a metric means, on one line.
    static func help(_ help: String) -> String {
        var text = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Below this each whole number is exact.
        if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 { return "\(Int64(value))" }
        return "\(value)"
    }
}
