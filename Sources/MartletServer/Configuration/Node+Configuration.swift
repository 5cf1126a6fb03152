import Yams

extension Node {
    /// What a value is, for "found …".
    var found: String {
        switch self {
        case .scalar(let scalar): isNothing ? "nothing" : scalar.string.quoted
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// Whether it is a key without a value, or `null`.
    var isNothing: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }
}

extension ConfigurationReading {
    func location(_ mark: Mark?) -> ConfigurationLocation {
        ConfigurationLocation(file: file ?? "(defaults)", line: mark?.line, column: mark?.column)
    }
}
