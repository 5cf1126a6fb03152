import Martlet

/// The topic of each file of a source: one for all, or one each, by the file's name.
package struct FileTopics: Sendable {
    private enum Form {
        case one(Topic)
        case template(URITemplateExpansion)
    }

    /// The only variable that the template of a topic may have: the file's name, without its directories.
    package static let variable = "file"

    private let form: Form

    /// Nil if the topics are those of a template with other variables.
    init?(_ selector: Selector) {
        if let template = selector.template, !template.variableNames.isEmpty {
            guard template.variableNames.allSatisfy({ $0 == Self.variable }) else { return nil }
            self.form = .template(URITemplateExpansion(template))
        } else if let topic = selector.exactTopic {
            self.form = .one(topic)
        } else {
            return nil
        }
    }

    /// The topic of a file of that name; throws if it can't be one.
    func topic(of name: [UInt8]) throws(UpdateError) -> Topic {
        switch self.form {
        case .one(let topic): topic
        case .template(let expansion):
            try Topic(expansion.text(with: [Self.variable: String(decoding: name, as: UTF8.self)]))
        }
    }
}
