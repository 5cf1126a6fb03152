/// What it costs at most to hold a new topic against all templates of a ``TemplateIndex``, in steps per byte of the topic.
///
/// A template is tried only against topics that have its literal beginning, and of each length a topic has one beginning. So
/// the most is the sum, over the lengths, of the dearest beginning of that length; templates that begin differently, such as
/// those that a token grants each of many users (`users/42/{+rest}`), cost together no more than one of them.
struct TemplateCosts {
    /// The prefixes of one length: how many there are of each cost.
    private struct Length {
        var counts: [Int: Int] = [:]
        var most = 0

        mutating func replace(_ old: Int, with new: Int) {
            if let count = self.counts[old] { self.counts[old] = count > 1 ? count - 1 : nil }
            if new > 0 { self.counts[new, default: 0] += 1 }
            if new > self.most {
                self.most = new
            } else if old == self.most, self.counts[old] == nil {
                self.most = self.counts.keys.max() ?? 0
            }
        }
    }

    private var byPrefix: [[UInt8]: Int] = [:]
    private var byLength: [Int: Length] = [:]

    /// For the worst topic.
    private(set) var stepsPerByte = 0
    /// Of all templates together: what they take in memory is in proportion to it.
    private(set) var steps = 0

    mutating func add(_ template: URITemplate) {
        self.change(template.literalPrefix, by: template.stepsPerByte)
    }

    mutating func remove(_ template: URITemplate) {
        self.change(template.literalPrefix, by: -template.stepsPerByte)
    }

    private mutating func change(_ prefix: [UInt8], by steps: Int) {
        let old = self.byPrefix[prefix] ?? 0
        let new = old + steps
        self.byPrefix[prefix] = new > 0 ? new : nil
        var length = self.byLength[prefix.count] ?? Length()
        self.stepsPerByte -= length.most
        length.replace(old, with: new)
        self.stepsPerByte += length.most
        self.byLength[prefix.count] = length.most > 0 ? length : nil
        self.steps += steps
    }

    /// What it would be with some templates more.
    func adding(_ templates: [URITemplate]) -> (stepsPerByte: Int, steps: Int) {
        var added: [[UInt8]: Int] = [:]
        var most: [Int: Int] = [:]
        var steps = self.steps
        for template in templates {
            let prefix = template.literalPrefix
            added[prefix, default: 0] += template.stepsPerByte
            steps += template.stepsPerByte
            let cost = (self.byPrefix[prefix] ?? 0) + added[prefix, default: 0]
            most[prefix.count] = max(most[prefix.count] ?? 0, cost)
        }
        let more = most.reduce(0) { $0 + max(0, $1.value - (self.byLength[$1.key]?.most ?? 0)) }
        return (self.stepsPerByte + more, steps)
    }
}
