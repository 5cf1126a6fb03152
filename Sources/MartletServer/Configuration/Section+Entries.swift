import Yams

extension Section {
    struct Entry {
        /// Where the key stands.
        let mark: Mark?
        let value: Node
    }

    /// The pairs of a mapping by key, in the order of the file, with merged mappings (`<<: *name`) in place.
    struct Entries {
        private(set) var keys: [String] = []
        private var byKey: [String: Entry] = [:]

        init() {}

        init(_ mapping: Node.Mapping, path: String, reading: ConfigurationReading) {
            add(mapping, depth: 0, reading: reading) { message, code, mark in
                let origin = ConfigurationOrigin.file(reading.location(mark))
                reading.report(ConfigurationProblem(code: code, origin: origin, key: path, message: message))
            }
        }

        subscript(key: String) -> Entry? { byKey[key] }

        private mutating func add(
            _ mapping: Node.Mapping,
            depth: Int,
            reading: ConfigurationReading,
            report: (String, ConfigurationProblem.Code, Mark?) -> Void
        ) {
            // A chain of merges is as deep as the file is long; nobody's is by intent.
            guard depth < 32 else {
                return report("mappings are merged (<<) more than 32 deep here", .invalidSyntax, mapping.mark)
            }
            var merged: [Node] = []
            var own: Set<String> = []
            // By index, because an iterator of Yams copies all pairs first.
            for index in mapping.indices {
                let (key, value) = mapping[index]
                guard reading.takePair(at: reading.location(key.mark)) else { return }
                guard let scalar = key.scalar else {
                    report("a key must be text, found \(key.found)", .invalidSyntax, key.mark)
                    continue
                }
                if scalar.style == .plain, scalar.string == "<<" {
                    merged += value.sequence.map(Array.init) ?? [value]
                } else if !own.insert(scalar.string).inserted {
                    report("the key \(scalar.string.quoted) is given twice", .duplicateKey, key.mark)
                } else if byKey[scalar.string] == nil {
                    keys.append(scalar.string)
                    byKey[scalar.string] = Entry(mark: key.mark, value: value)
                }
            }
            // After its own keys, and the first of several first: what is there already wins.
            for node in merged {
                if let mapping = node.mapping {
                    add(mapping, depth: depth + 1, reading: reading, report: report)
                } else {
                    report("<< expects a mapping or a list of them, found \(node.found)", .invalidSyntax, node.mark)
                }
            }
        }
    }
}
