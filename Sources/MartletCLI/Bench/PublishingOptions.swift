import ArgumentParser
import MartletBench

/// What loads that publish are told about the updates.
struct PublishingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Bytes of an update's data, from 34 up.", valueName: "bytes"))
    var size = 120

    @Option(help: ArgumentHelp("For how long to publish.", valueName: "seconds"))
    var duration = 10.0

    @Option(
        name: .customLong("updates"),
        help: ArgumentHelp("End after so many updates, if that is sooner.", valueName: "n")
    )
    var count: Int?

    @Option(help: ArgumentHelp("Updates in one request, as JSON lines (martlet).", valueName: "n"))
    var batch = 1

    func check(publishers: Int, topics: Int, subscribers: Int) throws {
        try BenchOptions.check("--size", size, 34...1_000_000)
        try BenchOptions.check("--duration", seconds: duration, from: 0.1)
        try BenchOptions.check("--batch", batch, 1...10_000)
        try BenchOptions.check("--publishers", publishers, 1...9_999)
        try BenchOptions.check("--topics", topics, 1...1_000_000)
        if let count { try BenchOptions.check("--updates", count, 1...1_000_000_000) }
        guard publishers * max(topics, subscribers) <= 100_000_000, batch * size <= 100_000_000 else {
            throw ValidationError("So many publishers with so many topics, streams or bytes don't fit into memory.")
        }
    }

    func plan(publishers: Int, rate: UpdateRate, topics: Int = 1) -> PublishPlan {
        var plan = PublishPlan(
            publishers: publishers,
            rate: rate.perSecond,
            batch: batch,
            topics: topics,
            payloadBytes: size,
            updates: count,
            duration: .milliseconds(Int(duration * 1_000))
        )
        plan.isInStep = rate == .step
        return plan
    }
}

/// How often updates are published: so many a second, as fast as they are acknowledged, or each when the one before it
/// has reached all streams.
enum UpdateRate: ExpressibleByArgument, Equatable, CustomStringConvertible {
    case fixed(Double)
    case max
    case step

    init?(argument: String) {
        if argument == "max" {
            self = .max
        } else if argument == "step" {
            self = .step
        } else if let rate = Double(argument), rate >= 0.01, rate <= 10_000_000 {
            self = .fixed(rate)
        } else {
            return nil
        }
    }

    var perSecond: Double? { if case .fixed(let rate) = self { rate } else { nil } }

    var description: String {
        switch self {
        case .fixed(let rate): rate == rate.rounded() ? "\(Int(rate))" : "\(rate)"
        case .max: "max"
        case .step: "step"
        }
    }

    var defaultValueDescription: String { self.description }
}
