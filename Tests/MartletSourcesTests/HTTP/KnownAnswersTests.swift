import Martlet
import Testing

@testable import MartletSources

@Suite("What is known of a server's answers")
struct KnownAnswersTests {
    private func answer(_ size: Int, etag: String? = "\"1\"") -> KnownAnswers.Answer {
        KnownAnswers.Answer(url: "http://h/", etag: etag, body: String(repeating: "x", count: size))
    }

    @Test func `takes a bounded amount of memory, and gives up what was not asked for the longest`() throws {
        var known = KnownAnswers(limit: 100_000)
        let topics = try (0..<100).map { try Topic("t/\($0)") }
        var round = known.beginRound()
        for topic in topics[..<50] { known.note(self.answer(1000), for: topic, round: round) }
        round = known.beginRound()
        for topic in topics[..<10] { _ = known.answer(for: topic, round: round) }
        for topic in topics[50...] { known.note(self.answer(1000), for: topic, round: round) }
        #expect(known.bytes <= 100_000)
        for topic in topics[..<10] + topics[95...] {
            let answer = known.answer(for: topic, round: round)
            #expect(answer != nil)
        }
        #expect(known.count < 80)
    }

    @Test func `is nothing that could not be asked about`() throws {
        var known = KnownAnswers(limit: 10_000)
        let topic = try Topic("t")
        known.note(self.answer(10), for: topic, round: 1)
        #expect(known.count == 1)
        known.note(self.answer(10, etag: nil), for: topic, round: 2)
        #expect(known.count == 0 && known.bytes == 0)
        known.note(self.answer(20_000), for: topic, round: 3)
        #expect(known.count == 0 && known.bytes == 0)
    }
}
