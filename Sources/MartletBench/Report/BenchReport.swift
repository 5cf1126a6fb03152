/// What a load came to: figures in the order in which they are shown, and what was not as it should be.
package struct BenchReport: Sendable {
    /// One thing that was measured.
    package struct Figure: Sendable, Hashable {
        /// Its name in JSON, with its unit.
        package let key: String
        /// Its name in the table.
        package let label: String
        package let value: Value
        /// What stands behind it in the table.
        package let unit: String
    }

    package enum Value: Sendable, Hashable {
        case count(Int)
        case number(Double)
        case text(String)
    }

    /// The subcommand's name.
    package let load: String
    package let url: String
    package private(set) var figures: [Figure] = []
    /// Each a sentence. A run with faults has measured something else than it should have.
    package private(set) var faults: [String] = []
    /// Whether it was ended before its time.
    package var isInterrupted = false

    package init(load: String, url: String) {
        self.load = load
        self.url = url
    }

    package mutating func add(_ key: String, _ label: String, _ value: Int, _ unit: String = "") {
        self.figures.append(Figure(key: key, label: label, value: .count(value), unit: unit))
    }

    package mutating func add(_ key: String, _ label: String, _ value: Double, _ unit: String = "") {
        self.figures.append(Figure(key: key, label: label, value: .number(value.isFinite ? value : 0), unit: unit))
    }

    package mutating func add(_ key: String, _ label: String, _ value: String) {
        self.figures.append(Figure(key: key, label: label, value: .text(value), unit: ""))
    }

    package mutating func add(fault: String) { self.faults.append(fault) }

    /// Adds a fault if the count is not 0; the sentence has its number in front.
    mutating func add(faults count: Int, _ what: String) {
        if count != 0 { self.faults.append("\(Number.grouped(count)) \(what)") }
    }

    package func value(of key: String) -> Value? { self.figures.first { $0.key == key }?.value }
}

extension BenchReport: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// One flat object: the figures by their names, and `load`, `url`, `faults`, `ok`, `interrupted`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.load, forKey: Key(stringValue: "load"))
        try container.encode(self.url, forKey: Key(stringValue: "url"))
        try container.encode(self.faults, forKey: Key(stringValue: "faults"))
        try container.encode(self.faults.isEmpty, forKey: Key(stringValue: "ok"))
        try container.encode(self.isInterrupted, forKey: Key(stringValue: "interrupted"))
        for figure in self.figures {
            let key = Key(stringValue: figure.key)
            switch figure.value {
            case .count(let value): try container.encode(value, forKey: key)
            case .number(let value): try container.encode(value, forKey: key)
            case .text(let value): try container.encode(value, forKey: key)
            }
        }
    }
}
