import Yams

/// A value, and where it was given.
struct Setting<Value> {
    let key: String
    let value: Value
    let origin: ConfigurationOrigin

    /// The setting of what is inside an optional.
    func unwrapped<Wrapped>() -> Setting<Wrapped>? where Value == Wrapped? {
        value.map { Setting<Wrapped>(key: key, value: $0, origin: origin) }
    }
}

extension Section {
    /// The text of a scalar, and where it was given.
    struct Given {
        let text: String
        /// As the file has it, with its variables.
        let written: String
        let origin: ConfigurationOrigin

        /// Whether variables became values.
        var isExpanded: Bool { text != written }
    }

    /// What there is at a key.
    enum Found {
        /// The text of a flag or of the environment.
        case beside(Given)
        case file(Node)
    }

    /// The value at `key`; `nil` if there is none, or a bad one, which is reported.
    func setting<Value>(_ key: String, as format: ValueFormat<Value>) -> Setting<Value>? {
        switch found(key) {
        case nil: nil
        case .beside(let given): value(given, key, as: format)
        case .file(let node):
            text(of: node, key, expectation: format.expectation, isSecret: format.isSecret)
                .flatMap { value($0, key, as: format) }
        }
    }

    /// What `given` means, or `nil` if it is bad, which is reported.
    func value<Value>(_ given: Given, _ key: String, as format: ValueFormat<Value>) -> Setting<Value>? {
        do {
            return Setting(key: key, value: try format.read(given.text), origin: given.origin)
        } catch {
            // Only what the file says is repeated with its variables, so that it can be found there. Of a secret only
            // one that became nothing is: that can hold nothing but variables.
            let isShown = given.isExpanded && (!format.isSecret || given.text.isEmpty)
            let source = isShown ? " (written \(given.written.quoted))" : ""
            report(error.code, error.message + source, key: key, at: given.origin)
            return nil
        }
    }

    /// The text of `node`, which belongs to `key`, or `nil` if it is no scalar or its variables are bad, which is reported.
    func text(of node: Node, _ key: String, expectation: String, isSecret: Bool = false) -> Given? {
        let origin = ConfigurationOrigin.file(reading.location(node.mark))
        guard let scalar = node.scalar, !node.isNothing else {
            report(.invalidValue, "expected \(expectation), found \(node.found)", key: key, at: origin)
            return nil
        }
        do {
            let text = try Interpolation.expand(scalar.string, reading.environment, isSecret: isSecret)
            return Given(text: text, written: scalar.string, origin: origin)
        } catch {
            report(error.code, error.message, key: key, at: origin)
            return nil
        }
    }

    /// The value at `key`, whose absence is reported.
    func required<Value>(_ key: String, as format: ValueFormat<Value>) -> Setting<Value>? {
        let problems = reading.problems.count
        let setting = setting(key, as: format)
        if setting == nil, reading.problems.count == problems {
            report(.missingKey, "required: \(format.expectation)", key: key)
        }
        return setting
    }

    /// Sets `value` to what is at `key`, or leaves the default it holds.
    func read<Value>(_ key: String, into value: inout Value, as format: ValueFormat<Value>) {
        if let setting = setting(key, as: format) { value = setting.value }
    }
}
