import Martlet
import Testing

@testable import MartletSources

@Suite struct SQLVerdictsTests {
    @Test func `one that comes to be served is no longer among the refused`() throws {
        var verdicts = SQLVerdicts()
        let watch = Watch(topic: try Topic("users/bob"), variables: ["user_id": "bob"])
        verdicts.refuses(watch.topic, SourceProblem(.refused, "refused"))
        var sorted = verdicts.sort([watch])
        for _ in 1..<SQLVerdicts.pause where sorted.again.isEmpty {
            #expect(sorted.refused.count == 1)
            sorted = verdicts.sort([watch])
        }
        #expect(sorted.again == [watch])
        verdicts.serves(watch.topic)
        for _ in 0..<SQLVerdicts.pause * 2 { #expect(verdicts.sort([watch]).served == [watch]) }
    }
}
