import Yams

/// One mapping of the configuration while it is read.
///
/// Hands out its values by key, a flag before the environment before the file, and reports the keys nobody asked for.
/// Everything that asks for a key makes it known, so a key is named in one place.
final class Section {
    /// The path of its key; empty at the top.
    let path: String
    /// Where its key stands in the file.
    let location: ConfigurationLocation?
    /// Whether the file says anything for its key.
    let isGiven: Bool
    let reading: ConfigurationReading
    private let entries: Entries
    private var known: [String] = []
    private var acceptsAnyKey = false

    init(
        path: String,
        location: ConfigurationLocation?,
        isGiven: Bool = true,
        mapping: Node.Mapping?,
        reading: ConfigurationReading
    ) {
        self.path = path
        self.location = location
        self.isGiven = isGiven
        self.reading = reading
        entries = mapping.map { Entries($0, path: path, reading: reading) } ?? Entries()
    }

    /// Reads the mapping at `key`, or an empty one if there is none, so that the environment can still set what is in it.
    ///
    /// - Parameters:
    ///   - content: what the mapping is of, if not of known keys.
    ///   - isSecret: whether a text in its place might be a secret, which no message may repeat.
    func section(_ key: String, of content: String? = nil, isSecret: Bool = false, _ read: (Section) -> Void) {
        known.append(key)
        let entry = entries[key]
        let section = Section(
            path: join(key),
            location: entry?.mark.map { reading.location($0) },
            isGiven: entry.map { !$0.value.isNothing } ?? false,
            mapping: entry?.value.mapping,
            reading: reading
        )
        let found = reading.problems.count
        read(section)
        if let value = entry?.value, value.mapping == nil, !value.isNothing {
            // What is missing in it follows from its not being a mapping.
            reading.forgetProblems(after: found)
            let expected = content.map { "of \($0)" } ?? "with the keys \(section.knownList)"
            report(
                .invalidValue,
                "expected a mapping \(expected), found \(isSecret && value.scalar != nil ? "a text" : value.found)",
                key: key,
                at: .file(reading.location(value.mark))
            )
        }
        section.reportUnknownKeys()
    }

    /// Reads every value as a section, in the order of the file.
    func eachSection(_ read: (_ name: String, Section) -> Void) {
        for key in entries.keys {
            section(key) { read(key, $0) }
        }
    }

    /// Leaves unknown keys unreported, where it can't be told which ones are known.
    func acceptAnyKey() {
        acceptsAnyKey = true
    }

    /// What there is at `key`: what a flag or the environment says, or else what the file says.
    func found(_ key: String) -> Found? {
        known.append(key)
        if let override = reading.override(join(key)) {
            return .beside(Given(text: override.text, written: override.text, origin: override.origin))
        }
        return entries[key].map { .file($0.value) }
    }

    /// Reports a problem of `key`, or of the section itself, where it stands or at `origin`.
    func report(
        _ code: ConfigurationProblem.Code,
        _ message: String,
        key: String? = nil,
        at origin: ConfigurationOrigin? = nil
    ) {
        reading.report(
            ConfigurationProblem(
                code: code,
                origin: origin ?? .file(location ?? reading.location(nil)),
                key: key.map(join) ?? path,
                message: message
            )
        )
    }

    /// Remarks on the value of `key`, which stands at `origin`.
    func warn(_ message: String, key: String, at origin: ConfigurationOrigin) {
        reading.warn("\(origin): \(join(key)): \(message)")
    }

    func reportUnknownKeys() {
        guard !acceptsAnyKey else { return }
        for key in entries.keys where !known.contains(key) {
            report(
                .unknownKey,
                "unknown key\(Suggestion.sentence(for: key, among: known)) (the keys here are \(knownList))",
                key: key,
                at: entries[key].map { .file(reading.location($0.mark)) }
            )
        }
    }

    private var knownList: String {
        known.joined(separator: ", ")
    }

    private func join(_ key: String) -> String {
        let plain = !key.isEmpty && key.utf8.allSatisfy { $0.isNameByte || $0 == UInt8(ascii: ".") }
        let shown = plain && key.utf8.count <= 80 ? key : key.quoted
        return path.isEmpty ? shown : "\(path).\(shown)"
    }
}
