extension SourceConfiguration {
    /// The words for `kind`.
    private enum KindName: String, CaseIterable {
        case clock
        case file
    }

    /// Reads the mapping of names to sources.
    static func readAll(_ section: Section) -> [SourceConfiguration] {
        var sources: [SourceConfiguration] = []
        var holders: [String: SourceConfiguration] = [:]
        section.eachSection { name, section in
            guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(\.isNameByte) else {
                section.acceptAnyKey()
                section.report(.invalidValue, "the name of a source is 1 to 64 letters, digits, _ and -")
                return
            }
            let topic = section.required("topic", as: .topic)
            if let topic, let holder = holders[topic.value] {
                let line = holder.location?.line.map { " (line \($0))" } ?? ""
                section.report(
                    .conflict,
                    "\(holder.name)\(line) and \(name) both publish to \(topic.value.quoted); give each its own topic",
                    key: "topic",
                    at: topic.origin
                )
            }
            guard let source = read(section, name: name, topic: topic?.value) else { return }
            if holders[source.topic] == nil { holders[source.topic] = source }
            sources.append(source)
        }
        return sources
    }

    /// Reads the rest even without a topic, so that all of its problems are told at once.
    private static func read(_ section: Section, name: String, topic: String?) -> SourceConfiguration? {
        guard let kind = section.required("kind", as: .oneOf(KindName.self)) else {
            // Which keys belong here depends on the kind.
            section.acceptAnyKey()
            return nil
        }
        var isPublic = false
        section.read("public", into: &isPublic, as: .boolean)
        guard let kind = read(kind.value, section), let topic else { return nil }
        return SourceConfiguration(
            name: name,
            kind: kind,
            topic: topic,
            isPublic: isPublic,
            location: section.location
        )
    }

    private static func read(_ kind: KindName, _ section: Section) -> Kind? {
        switch kind {
        case .clock:
            var every = Duration.seconds(1)
            section.read("every", into: &every, as: .duration(.milliseconds(10) ... .seconds(86_400)))
            return .clock(every: every)
        case .file:
            let path = section.required("path", as: .path)
            var lineLimit = 64 << 10
            section.read("line-limit", into: &lineLimit, as: .size(16...16 << 20))
            return path.map { .file(path: $0.origin.resolve(path: $0.value), lineLimit: lineLimit) }
        }
    }
}

extension ValueFormat<String> {
    /// An exact topic.
    fileprivate static var topic: Self {
        Self("a topic of 1 to 1024 bytes without control characters") { text throws(Refusal) in
            guard (1...1024).contains(text.utf8.count) else { return nil }
            let hasControl = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
            guard !hasControl else { return nil }
            if text.utf8.contains(UInt8(ascii: "{")) {
                throw Refusal(
                    .unsupported,
                    "the topic of a source can't be a template ({…}) yet; give it one exact topic, found \(text.quoted)"
                )
            }
            return text
        }
    }
}
