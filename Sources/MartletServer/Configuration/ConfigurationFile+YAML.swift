import Yams

extension ConfigurationFile {
    /// Parses `text`; a file that says nothing is `nil`.
    static func mapping(_ text: String, file: String) throws(ConfigurationError) -> Node.Mapping? {
        if YAMLGuard.couldGrowEnormous(text) {
            let message = "has so many anchors (&name) and aliases (*name) that it could grow enormous"
            throw ConfigurationError(file, nil, message)
        }
        let node: Node?
        do {
            // No resolver: what a text means is the key's to say (`off` is a word, not false), and Yams' own runs seven
            // regular expressions on every key. The encoding is given because the default looks at the environment.
            node = try compose(yaml: text, .basic, .default, .utf8)
        } catch let error as YamlError {
            throw ConfigurationError(error, in: text, file: file)
        } catch {
            throw ConfigurationError(file, nil, "is not valid YAML: \(error)")
        }
        guard let node, !node.isNothing else { return nil }
        guard let mapping = node.mapping else {
            let message = "expected a mapping of settings, like listen: 127.0.0.1:8080, found \(node.found)"
            throw ConfigurationError(file, node.mark?.line, message)
        }
        return mapping
    }
}

extension ConfigurationError {
    fileprivate init(
        _ file: String,
        _ line: Int?,
        _ message: String,
        column: Int? = nil,
        code: ConfigurationProblem.Code = .invalidSyntax,
        key: String = ""
    ) {
        let location = ConfigurationLocation(file: file, line: line, column: column)
        self.init([ConfigurationProblem(code: code, origin: .file(location), key: key, message: message)])
    }

    fileprivate init(_ error: YamlError, in text: String, file: String) {
        switch error {
        case .composer(.some, _, let mark, _):
            self.init(file, mark.line, "a second document begins here, but a configuration is one", column: mark.column)
        case .scanner(let context, let message, let mark, _),
            .parser(let context, let message, let mark, _),
            .composer(let context, let message, let mark, _):
            var message = "is not valid YAML: \(message)"
            // The context is where the construct began, which matters if that is elsewhere.
            if let context, context.mark.line != mark.line {
                message += " (\(context.text) that begins on line \(context.mark.line))"
            }
            message += YAMLHint.sentence(line: mark.line, of: text)
            self.init(file, mark.line, message, column: mark.column)
        case .reader(let message, let offset, let value, _):
            let line = offset.map { 1 + text.prefix($0).utf8.count { $0 == UInt8(ascii: "\n") } }
            let scalar = value > 0 ? " (U+\(String(value, radix: 16, uppercase: true)))" : ""
            self.init(file, line, "is not valid YAML: \(message)\(scalar)")
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            let mark = context.mark
            if let line = DuplicateKey.line(of: key, after: mark.line, column: mark.column, in: text) {
                let message = "the key is given twice, first on line \(mark.line)"
                self.init(file, line, message, column: mark.column, code: .duplicateKey, key: key)
            } else {
                self.init(file, mark.line, "the key is given twice", column: mark.column, code: .duplicateKey, key: key)
            }
        default:
            self.init(file, nil, "is not valid YAML: \(error)")
        }
    }
}
