import NIOCore
import Testing

@testable import MartletServer

@Suite(.timeLimit(.minutes(1))) struct StreamsBySubjectTests {
    /// A look at all that are remembered for each of them would take minutes.
    @Test func `an application may have everybody log out`() {
        let streams = StreamsBySubject()
        let start = NIODeadline.now()
        for number in 0..<100_000 { streams.end("user-\(number)", now: start) }
        #expect(streams.wasEnded("user-0", since: 0))
        #expect(streams.wasEnded("user-99999", since: 99_999))
        #expect(!streams.wasEnded("user-7", since: 8))
        // They are forgotten in time.
        for number in 0..<200_000 { streams.end("other-\(number)", now: start + .minutes(6)) }
        #expect(!streams.wasEnded("user-99999", since: 99_999))
        #expect(streams.wasEnded("other-0", since: 100_000))
    }
}
