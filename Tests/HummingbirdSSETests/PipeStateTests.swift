import NIOCore
import Testing

@testable import HummingbirdSSE

@Suite("What the tasks of a stream agree on")
struct PipeStateTests {
    private static let opening = ByteBuffer(string: "opening")
    private static let beat = ByteBuffer(string: "beat")

    /// A stream whose writer has written the opening and waits, at time zero.
    private static func idle(heartbeat: Duration? = .seconds(15), stall: Duration? = .seconds(60)) -> PipeState {
        var state = self.new(heartbeat: heartbeat, stall: stall)
        _ = state.next(at: .zero)
        _ = state.next(at: .zero)
        return state
    }

    private static func new(heartbeat: Duration? = .seconds(15), stall: Duration? = .seconds(60)) -> PipeState {
        PipeState(opening: self.opening, heartbeat: heartbeat.map { ($0, self.beat) }, stall: stall)
    }

    private static func bytes(_ action: PipeState.NextAction) -> String? {
        if case .write(let bytes) = action { String(buffer: bytes) } else { nil }
    }

    private static func sleep(_ action: PipeState.TickAction) -> Duration? {
        if case .sleep(let duration) = action { duration } else { nil }
    }

    @Test func `The opening is written before whatever is sent`() {
        var state = Self.new()
        guard case .wait = state.send(ByteBuffer(string: "a"), from: 1, at: .zero) else {
            Issue.record("the sender does not wait")
            return
        }
        let first = state.next(at: .zero)
        #expect(first.done == nil && Self.bytes(first.next) == "opening")
        let second = state.next(at: .zero)
        #expect(second.done == nil && Self.bytes(second.next) == "a")
        let third = state.next(at: .zero)
        #expect(third.done == 1 && Self.bytes(third.next) == nil)
    }

    @Test func `Senders are served in turn, and told when theirs is written`() {
        var state = Self.idle()
        guard case .write(let bytes) = state.send(ByteBuffer(string: "a"), from: 1, at: .zero) else {
            Issue.record("an idle writer was not used")
            return
        }
        #expect(String(buffer: bytes) == "a")
        for (sender, text) in [(2, "b"), (3, "c")] { _ = state.send(ByteBuffer(string: text), from: sender, at: .zero) }
        var written: [String] = []
        var done: [Int?] = []
        for _ in 0..<3 {
            let (sender, next) = state.next(at: .zero)
            done.append(sender)
            if let bytes = Self.bytes(next) { written.append(bytes) }
        }
        #expect(done == [1, 2, 3])
        #expect(written == ["b", "c"])
    }

    @Test func `A sender that gave up is not written, and not told`() {
        var state = Self.idle()
        for (sender, text) in [(1, "a"), (2, "b"), (3, "c")] {
            _ = state.send(ByteBuffer(string: text), from: sender, at: .zero)
        }
        state.cancel(1)
        state.cancel(2)
        let (done, next) = state.next(at: .zero)
        #expect(done == nil)
        #expect(Self.bytes(next) == "c")
        #expect(state.next(at: .zero).done == 3)
    }

    @Test func `A heartbeat comes after silence, counted from the last write`() {
        var state = Self.idle()
        #expect(Self.sleep(state.tick(at: .seconds(0))) == .seconds(15))
        _ = state.send(ByteBuffer(string: "a"), from: 1, at: .seconds(10))
        _ = state.next(at: .seconds(11))
        #expect(Self.sleep(state.tick(at: .seconds(15))) == .seconds(11))
        guard case .heartbeat(let bytes, let pause) = state.tick(at: .seconds(26)) else {
            Issue.record("no heartbeat")
            return
        }
        #expect(bytes == Self.beat)
        #expect(pause == .seconds(15))
    }

    @Test func `No heartbeat comes while something is written, however long`() {
        var state = Self.idle(stall: nil)
        _ = state.send(ByteBuffer(string: "a"), from: 1, at: .seconds(1))
        for second in 1...1000 { #expect(Self.sleep(state.tick(at: .seconds(second))) == .seconds(15)) }
        let (done, next) = state.next(at: .seconds(1000))
        #expect(done == 1 && Self.bytes(next) == nil)
    }

    @Test func `What is sent during a heartbeat waits for it`() {
        var state = Self.idle()
        _ = state.tick(at: .seconds(15))
        guard case .wait = state.send(ByteBuffer(string: "a"), from: 1, at: .seconds(15)) else {
            Issue.record("the heartbeat was interrupted")
            return
        }
        let (done, next) = state.next(at: .seconds(16))
        #expect(done == nil && Self.bytes(next) == "a")
    }

    @Test func `A write without progress is a stall, one with progress is not`() {
        var state = Self.idle(heartbeat: nil)
        _ = state.send(ByteBuffer(string: "a"), from: 1, at: .seconds(0))
        state.progress(at: .seconds(50))
        #expect(Self.sleep(state.tick(at: .seconds(60))) == .seconds(50))
        guard case .stalled = state.tick(at: .seconds(110)) else {
            Issue.record("no stall")
            return
        }
    }

    @Test func `A heartbeat that isn't taken is a stall`() {
        var state = Self.idle()
        guard case .heartbeat = state.tick(at: .seconds(15)) else {
            Issue.record("no heartbeat")
            return
        }
        #expect(Self.sleep(state.tick(at: .seconds(74))) == .seconds(1))
        guard case .stalled = state.tick(at: .seconds(75)) else {
            Issue.record("no stall")
            return
        }
    }

    @Test func `With neither heartbeat nor stall there is nothing to look at`() {
        var state = Self.idle(heartbeat: nil, stall: nil)
        for _ in 0..<2 {
            guard case .stop = state.tick(at: .seconds(1)) else {
                Issue.record("the time is kept")
                return
            }
            _ = state.send(ByteBuffer(string: "a"), from: 1, at: .zero)
        }
    }

    @Test func `The first reason to end counts, and nothing is taken after it`() {
        var state = Self.idle()
        #expect(state.end(.stalled) == (true, true))
        #expect(state.end(.shutdown) == (false, false))
        guard case .fail(let error) = state.send(ByteBuffer(string: "a"), from: 1, at: .zero) else {
            Issue.record("an ended stream takes events")
            return
        }
        #expect(error.code == .stalled)
        guard case .stop = state.tick(at: .seconds(15)) else {
            Issue.record("an ended stream keeps time")
            return
        }
    }

    @Test func `What waits when the stream ends is not written, what is being written ends first`() {
        var state = Self.idle()
        _ = state.send(ByteBuffer(string: "a"), from: 1, at: .zero)
        _ = state.send(ByteBuffer(string: "b"), from: 2, at: .zero)
        #expect(state.end(.shutdown) == (true, false))
        let (done, next) = state.next(at: .zero)
        #expect(done == nil)
        guard case .end = next else {
            Issue.record("the writer goes on")
            return
        }
    }
}
