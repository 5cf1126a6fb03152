import Testing

@testable import Martlet

@Suite struct URITemplateModelTests {
    /// Topics too short or too long to be one are passed over.
    private func topic(_ text: String) -> Topic? { try? Topic(text) }

    @Test(arguments: 0..<8)
    func `whatever a template expands to, it matches`(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        var tried = 0
        for _ in 0..<400 {
            let model = URITemplateModel.random(&random)
            let template = try URITemplate(model.text)
            for _ in 0..<3 {
                let expansion = model.expanded(with: model.randomValues(&random))
                guard let topic = self.topic(expansion) else { continue }
                tried += 1
                #expect(template.matches(topic), "\(template) gives \(topic)")
                #expect(topic.name.utf8.starts(with: template.literalPrefix))
            }
        }
        #expect(tried > 900)
    }

    @Test(arguments: 0..<8)
    func `a template matches what trying every cut finds, and has a reading if and only if it does`(seed: Int) throws {
        var random = SeededGenerator(seed: 100 + seed)
        var counts = (yes: 0, no: 0)
        for _ in 0..<300 {
            let model = URITemplateModel.random(&random)
            let template = try URITemplate(model.text)
            for _ in 0..<4 {
                let expansion = model.expanded(with: model.randomValues(&random))
                guard let topic = self.topic(URITemplateModel.spoilt(expansion, &random)), topic.name.utf8.count < 40
                else { continue }
                let expected = model.matches(topic.name)
                #expect(template.matches(topic) == expected, "\(template) and \(topic)")
                var name = topic.name
                let isRead = name.withUTF8 { bytes in
                    template.middle(of: bytes).map { template.program.readings(of: $0) != nil } ?? false
                }
                #expect(isRead == expected, "\(template) and \(topic)")
                if expected {
                    counts.yes += 1
                    #expect(topic.name.utf8.starts(with: template.literalPrefix))
                } else {
                    counts.no += 1
                    #expect(template.variables(in: topic) == nil)
                }
            }
        }
        #expect(counts.yes > 150)
        #expect(counts.no > 150)
    }

    @Test(arguments: 0..<4)
    func `the values read from a topic expand to it again`(seed: Int) throws {
        var random = SeededGenerator(seed: 200 + seed)
        var tried = 0
        for _ in 0..<1000 {
            let model = URITemplateModel.random(&random)
            // An undefined value is read as an empty one, which a sign or a name would show.
            guard model.isPlain else { continue }
            let template = try URITemplate(model.text)
            let values = model.randomValues(&random).filter { if case .string = $0.value { true } else { false } }
            let expansion = model.expanded(with: values)
            guard let topic = self.topic(expansion), let read = template.variables(in: topic) else { continue }
            // Where a comma stands in the topic, a value may have been read as a list, which a string is not.
            let again = model.expanded(with: read.mapValues { .string($0) })
            #expect(try template.matches(Topic(again)))
            if !expansion.contains(",") {
                tried += 1
                #expect(again == expansion, "\(template)")
            }
        }
        #expect(tried > 50)
    }
}

extension URITemplateModel {
    /// Whether it has only single variables without explode, sign or name.
    fileprivate var isPlain: Bool {
        self.parts.allSatisfy { part in
            guard case .expression(let sign, let variables) = part else { return true }
            return sign.isEmpty && variables.count == 1 && !variables[0].isExploded
        }
    }
}
