import Testing

@testable import EventSourceClient

@Suite struct ReconnectPolicyTests {
    typealias Step = (at: Int, input: ReconnectPolicy.Input, action: ReconnectPolicy.Action)

    private func run(_ steps: [Step], random: Double = 0.5, _ rule: EventSource.Reconnection = .init()) {
        var policy = ReconnectPolicy(rule)
        for (number, step) in steps.enumerated() {
            let action = policy.handle(step.input, at: .seconds(step.at), random: random)
            #expect(action == step.action, "step \(number): \(step.input)")
        }
    }

    @Test func `the first wait is three seconds, further failures double it up to thirty, less the jitter`() {
        run([
            (0, .failed, .wait(.seconds(3))),
            (3, .failed, .wait(.seconds(4.5))),
            (8, .failed, .wait(.seconds(9))),
            (17, .failed, .wait(.seconds(18))),
            (40, .failed, .wait(.seconds(22.5))),
            (70, .failed, .wait(.seconds(22.5))),
        ])
    }

    @Test(arguments: [(0.0, 15.0), (0.5, 22.5), (0.999, 29.985)])
    func `jitter takes up to half of the wait`(random: Double, wait: Double) {
        var policy = ReconnectPolicy(.init())
        var action = ReconnectPolicy.Action.proceed
        for _ in 0..<100 { action = policy.handle(.failed, at: .zero, random: random) }
        guard case .wait(let duration) = action else {
            Issue.record("\(action)")
            return
        }
        #expect(abs(duration / .seconds(1) - wait) < 0.001)
    }

    @Test func `a wait is never shorter than what the server asked for`() {
        run(
            [
                (0, .opened, .proceed), (0, .retry(20_000), .proceed),
                (1, .failed, .wait(.seconds(20))),
                (21, .failed, .wait(.seconds(20))),
                (41, .failed, .wait(.seconds(20))),
            ],
            random: 0
        )
    }

    @Test(arguments: [
        (0, Duration.milliseconds(100)), (99, .milliseconds(100)), (100, .milliseconds(100)),
        (1500, .milliseconds(1500)), (45_000, .seconds(45)), (3_600_001, .seconds(3600)), (Int.max, .seconds(3600)),
    ])
    func `the server's retry is kept between a tenth of a second and an hour`(retry: Int, wait: Duration) {
        run([(0, .opened, .proceed), (0, .retry(retry), .proceed), (1, .failed, .wait(wait))])
    }

    @Test func `a connection of a minute makes the failures before it forgotten, a shorter one does not`() {
        run([
            (0, .failed, .wait(.seconds(3))),
            (3, .opened, .proceed), (62, .failed, .wait(.seconds(4.5))),
            (70, .opened, .proceed), (130, .failed, .wait(.seconds(3))),
        ])
    }

    @Test func `time spent waiting is not time spent open`() {
        run([
            (0, .opened, .proceed), (1, .failed, .wait(.seconds(3))),
            (100, .failed, .wait(.seconds(4.5))),
        ])
    }

    @Test func `a stream that ended after events is no failure, one without is`() {
        run([
            (0, .failed, .wait(.seconds(3))),
            (3, .opened, .proceed), (4, .ended(afterEvents: true), .wait(.seconds(3))),
            (7, .opened, .proceed), (8, .ended(afterEvents: true), .wait(.seconds(3))),
            (11, .opened, .proceed), (12, .ended(afterEvents: false), .wait(.seconds(3))),
            (15, .opened, .proceed), (16, .ended(afterEvents: false), .wait(.seconds(4.5))),
        ])
    }

    @Test(arguments: [200, 201, 206, 301, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504])
    func `every answer but a stream ends the first attempt`(status: Int) {
        run([(0, .answered(status: status, retryAfter: .seconds(1)), .fail)])
        run([(0, .failed, .wait(.seconds(3))), (3, .answered(status: status, retryAfter: nil), .fail)])
    }

    @Test(arguments: [429, 502, 503, 504])
    func `a passing status is waited out once a stream was open`(status: Int) {
        run([
            (0, .opened, .proceed), (70, .ended(afterEvents: true), .wait(.seconds(3))),
            (73, .answered(status: status, retryAfter: nil), .wait(.seconds(3))),
            (76, .answered(status: status, retryAfter: .seconds(20)), .wait(.seconds(20))),
            (96, .answered(status: status, retryAfter: .seconds(1)), .wait(.seconds(9))),
            (105, .answered(status: status, retryAfter: .seconds(100_000)), .wait(.seconds(3600))),
        ])
    }

    @Test(arguments: [200, 400, 401, 403, 404, 410, 500])
    func `other statuses end an open stream too`(status: Int) {
        run([
            (0, .opened, .proceed), (1, .failed, .wait(.seconds(3))),
            (4, .answered(status: status, retryAfter: nil), .fail),
        ])
    }

    @Test func `204 ends quietly, first or later`() {
        run([(0, .answered(status: 204, retryAfter: nil), .end)])
        run([
            (0, .opened, .proceed), (9, .failed, .wait(.seconds(3))),
            (12, .answered(status: 204, retryAfter: nil), .end),
        ])
    }
}
