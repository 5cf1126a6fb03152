import Testing

@testable import Martlet

struct TemplateCostsTests {
    @Test func `A template for each of many users costs no more than one`() throws {
        var costs = TemplateCosts()
        for user in 100_000..<150_000 { costs.add(try URITemplate("users/\(user)/{+rest}")) }
        let one = try URITemplate("users/100000/{+rest}").stepsPerByte
        #expect(costs.stepsPerByte == one)
        #expect(costs.steps == 50_000 * one)
    }

    @Test func `Templates that begin alike cost together, also those whose beginnings lie in each other`() throws {
        var costs = TemplateCosts()
        for variable in ["a", "b", "c"] { costs.add(try URITemplate("x{\(variable)}")) }
        costs.add(try URITemplate("xy{a}"))
        costs.add(try URITemplate("zz{a}"))
        let steps = try ["x{a}", "x{b}", "x{c}", "xy{a}"].reduce(0) { $0 + (try URITemplate($1).stepsPerByte) }
        #expect(costs.stepsPerByte == steps)
    }

    @Test(arguments: 0..<20)
    func `It is never less than what a topic costs, tells beforehand, and gives back what is removed`(_ seed: Int)
        throws
    {
        var random = SeededGenerator(seed: seed)
        var costs = TemplateCosts()
        var inUse: [URITemplate] = []
        for _ in 0..<400 {
            if !inUse.isEmpty, random.next() % 3 == 0 {
                let index = Int(random.next() % UInt64(inUse.count))
                costs.remove(inUse.remove(at: index))
            } else {
                let prefix = String((0..<random.next() % 4).map { _ in "ab".randomElement(using: &random) ?? "a" })
                let template = try URITemplate(
                    prefix + "{v\(random.next() % 5)}" + String(repeating: "/x", count: Int(random.next() % 4))
                )
                let expected = costs.adding([template])
                costs.add(template)
                inUse.append(template)
                #expect(costs.stepsPerByte == expected.stepsPerByte && costs.steps == expected.steps)
            }
            #expect(costs.steps == inUse.reduce(0) { $0 + $1.stepsPerByte })
            for topic in ["", "a", "ab", "abab", "bbbb", "aaaa"] {
                let bytes = Array(topic.utf8)
                let cost = inUse.filter { bytes.starts(with: $0.literalPrefix) }.reduce(0) { $0 + $1.stepsPerByte }
                #expect(cost <= costs.stepsPerByte)
            }
        }
        for template in inUse { costs.remove(template) }
        #expect(costs.stepsPerByte == 0 && costs.steps == 0)
    }
}
