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
    /// The value at `key`; `nil` if there is none, or a bad one, which is reported.
    func setting<Value>(_ key: String, as format: ValueFormat<Value>) -> Setting<Value>? {
        guard let given = text(key, expectation: format.expectation) else { return nil }
        do {
            return Setting(key: key, value: try format.read(given.text), origin: given.origin)
        } catch {
            // Only what the file says is repeated with its variables, so that it can be found there.
            let source = given.text == given.written ? "" : " (written \(given.written.quoted))"
            report(error.code, error.message + source, key: key, at: given.origin)
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
