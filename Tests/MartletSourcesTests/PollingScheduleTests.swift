import Testing

@testable import MartletSources

@Suite struct PollingScheduleTests {
    private let start = ContinuousClock.now
    private let options = PollingOptions(interval: .seconds(10), calmInterval: .seconds(60))

    private func at(_ seconds: Int) -> ContinuousClock.Instant { self.start.advanced(by: .seconds(seconds)) }

    @Test func `what fails has a time of its own, and ticks go on`() {
        var schedule = PollingSchedule(self.options, start: self.start)
        _ = schedule.asked(isTick: true, isRetry: false, isComplete: false, from: self.at(0), to: self.at(0))
        #expect(schedule.next(isCalm: false) < self.at(1))
        #expect(schedule.isDue(at: self.at(1), isCalm: false) == (false, true))
        for _ in 0..<20 {
            _ = schedule.asked(isTick: false, isRetry: true, isComplete: false, from: self.at(1), to: self.at(1))
        }
        // Retries are half a minute apart by now.
        #expect(schedule.isDue(at: self.at(10), isCalm: false) == (true, false))
        #expect(schedule.next(isCalm: false) == self.at(10))
    }

    @Test func `newcomers that fail don't put off the retry of others`() {
        var schedule = PollingSchedule(self.options, start: self.start)
        _ = schedule.asked(isTick: true, isRetry: false, isComplete: false, from: self.at(0), to: self.at(0))
        let retry = schedule.next(isCalm: false)
        for _ in 0..<100 {
            _ = schedule.asked(isTick: false, isRetry: false, isComplete: false, from: self.at(0), to: self.at(0))
        }
        #expect(schedule.next(isCalm: false) == retry)
    }

    @Test func `with nothing left to retry the next thing is a tick`() {
        var schedule = PollingSchedule(self.options, start: self.start)
        _ = schedule.asked(isTick: true, isRetry: false, isComplete: false, from: self.at(0), to: self.at(0))
        schedule.settle()
        #expect(schedule.next(isCalm: false) == self.at(10))
        #expect(schedule.next(isCalm: true) == self.at(60))
        #expect(schedule.isDue(at: self.at(9), isCalm: false) == (false, false))
    }

    @Test func `a retry that succeeds is followed by the next at once, until nothing is left to retry`() {
        var schedule = PollingSchedule(self.options, start: self.start)
        _ = schedule.asked(isTick: true, isRetry: false, isComplete: false, from: self.at(0), to: self.at(0))
        for _ in 0..<3 {
            _ = schedule.asked(isTick: false, isRetry: true, isComplete: true, from: self.at(1), to: self.at(1))
            #expect(schedule.next(isCalm: false) == self.at(1))
            #expect(schedule.isDue(at: self.at(1), isCalm: false) == (false, true))
        }
        schedule.settle()
        #expect(schedule.isDue(at: self.at(1), isCalm: false) == (false, false))
    }

    @Test func `ticks that a slow engine missed are skipped and counted, those of a calm time are not`() {
        var schedule = PollingSchedule(self.options, start: self.start)
        let asked = schedule.asked(isTick: true, isRetry: false, isComplete: true, from: self.at(0), to: self.at(35))
        #expect(asked == 3)
        #expect(schedule.next(isCalm: false) == self.at(40))
        let calm = schedule.asked(isTick: true, isRetry: false, isComplete: true, from: self.at(600), to: self.at(600))
        #expect(calm == 0)
        #expect(schedule.next(isCalm: false) == self.at(610))
    }
}
