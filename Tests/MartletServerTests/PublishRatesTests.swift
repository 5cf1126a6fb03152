import NIOCore
import Testing

@testable import MartletServer

@Suite("How fast a token may publish")
struct PublishRatesTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test func `As many as a second's may come at once, and then one whenever there is one again`() {
        let rates = PublishRates(perSecond: 10)
        for _ in 1...10 { #expect(rates.take(1, for: "a", at: Self.start) == nil) }
        #expect(rates.take(1, for: "a", at: Self.start) == 1)
        #expect(rates.take(1, for: "a", at: Self.start + .milliseconds(99)) == 1)
        #expect(rates.take(1, for: "a", at: Self.start + .milliseconds(101)) == nil)
        #expect(rates.take(1, for: "a", at: Self.start + .milliseconds(150)) == 1)
        #expect(rates.take(1, for: "a", at: Self.start + .milliseconds(202)) == nil)
    }

    @Test func `A pause fills the bucket, and no more than that`() {
        let rates = PublishRates(perSecond: 3)
        #expect(rates.take(3, for: "a", at: Self.start) == nil)
        let later = Self.start + .hours(1)
        for _ in 1...3 { #expect(rates.take(1, for: "a", at: later) == nil) }
        #expect(rates.take(1, for: "a", at: later) == 1)
    }

    @Test func `A batch beyond the bucket is let through and paid for by waiting`() {
        let rates = PublishRates(perSecond: 10)
        #expect(rates.take(100, for: "a", at: Self.start) == nil)
        // 90 are owed, and one has to be there.
        #expect(rates.take(1, for: "a", at: Self.start) == 10)
        #expect(rates.take(1000, for: "a", at: Self.start + .seconds(9)) == 1)
        #expect(rates.take(1, for: "a", at: Self.start + .seconds(10)) == nil)
    }

    @Test func `What is refused costs nothing`() {
        let rates = PublishRates(perSecond: 1)
        #expect(rates.take(1, for: "a", at: Self.start) == nil)
        for step in 1...9 { #expect(rates.take(1, for: "a", at: Self.start + .milliseconds(100 * Int64(step))) == 1) }
        #expect(rates.take(1, for: "a", at: Self.start + .milliseconds(1001)) == nil)
    }

    @Test func `Each token has a bucket of its own`() {
        let rates = PublishRates(perSecond: 1)
        #expect(rates.take(5, for: "a", at: Self.start) == nil)
        #expect(rates.take(1, for: "b", at: Self.start) == nil)
        #expect(rates.take(1, for: "", at: Self.start) == nil)
        #expect(rates.take(1, for: "a", at: Self.start) == 5)
        #expect(rates.take(1, for: "b", at: Self.start) == 1)
        #expect(rates.take(1, for: "", at: Self.start) == 1)
    }

    @Test(arguments: [1, 2, 3, 7, 10, 60, 100, 997, 1000], [1, 2, 3, 10, 99, 1000, 12_345])
    func `Whoever comes back when he was told to is let in, and not much sooner`(_ perSecond: Int, _ batch: Int) throws
    {
        let rates = PublishRates(perSecond: perSecond)
        var now = Self.start
        for _ in 1...5 {
            #expect(rates.take(batch, for: "a", at: now) == nil)
            // Whatever is left in the bucket goes too.
            for _ in 0..<perSecond where rates.take(1, for: "a", at: now) != nil { break }
            let seconds = try #require(rates.take(1, for: "a", at: now))
            #expect(seconds >= 1)
            if seconds > 1 {
                #expect(rates.take(1, for: "a", at: now + .seconds(Int64(seconds) - 1)) != nil)
            }
            now = now + .seconds(Int64(seconds))
        }
        #expect(rates.take(1, for: "a", at: now) == nil)
    }

    @Test func `A time that lies before the last one gives nothing`() {
        let rates = PublishRates(perSecond: 1)
        #expect(rates.take(1, for: "a", at: Self.start) == nil)
        #expect(rates.take(1, for: "a", at: Self.start - .seconds(100)) == 1)
        #expect(rates.take(1, for: "a", at: Self.start - .seconds(200)) == 1)
    }
}
