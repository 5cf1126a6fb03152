/// Selectors, sorted by how they are looked up: names at once, templates one by one.
package struct SelectorSet: Sendable {
    package let hasEverything: Bool
    package let topics: Set<Topic>
    package let templates: [URITemplate]

    package init(_ selectors: [Selector]) {
        self.hasEverything = selectors.contains(.everything)
        self.topics = Set(selectors.lazy.compactMap(\.exactTopic))
        self.templates = selectors.compactMap(\.template)
    }

    /// What it costs at most to hold a topic against it, in steps per byte of the topic.
    package var stepsPerByte: Int { self.templates.reduce(0) { $0 + $1.stepsPerByte } }

    /// Whether a topic is selected.
    ///
    /// - Parameter steps: grows by the steps that matching took.
    package func matches(_ topic: Topic, steps: inout Int) -> Bool {
        if self.hasEverything || self.topics.contains(topic) { return true }
        for template in self.templates {
            let found = template.search(topic)
            steps += found.steps
            if found.isMatch { return true }
        }
        return false
    }
}
