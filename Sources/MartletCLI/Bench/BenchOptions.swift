import ArgumentParser
import MartletBench

/// What all loads are told: whom to load, and how it is spoken to.
struct BenchOptions: ParsableArguments {
    @Argument(help: "The hub: scheme, host and port (default: http://127.0.0.1:8080); with --profile sse, the stream.")
    var url: String?

    @Option(
        help: ArgumentHelp(
            "How it is spoken to: martlet, mercure, nchan (locations /sub/TOPIC and /pub/TOPIC), or sse (any stream).",
            valueName: "name"
        )
    )
    var profile: HubProfile = .martlet

    @Option(
        name: .customLong("subscribe"),
        help: ArgumentHelp("Subscribe at this path, in which {topic} is the topic.", valueName: "path")
    )
    var subscribePath: String?

    @Option(
        name: .customLong("publish"),
        help: ArgumentHelp("Publish at this path, in which {topic} is the topic.", valueName: "path")
    )
    var publishPath: String?

    @Option(help: ArgumentHelp("Send this token, as `Authorization: Bearer`.", valueName: "jwt"))
    var token: String?

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("Send this header with each request. May be given several times.", valueName: "name: value"),
        transform: HeaderArgument.init
    )
    var headers: [HeaderArgument] = []

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp("Trust the authorities in this file, too (PEM).", valueName: "file")
    )
    var authorities: String?

    @Option(
        name: .customLong("pid"),
        help: ArgumentHelp("Tell CPU and memory of this process. May be given several times.", valueName: "pid")
    )
    var processes: [Int] = []

    @Option(help: ArgumentHelp("Event loops for the streams (default: half of the cores).", valueName: "n"))
    var loops: Int?

    @Option(help: ArgumentHelp("Connections that are made at once.", valueName: "n"))
    var concurrency: Int = 256

    @Option(
        help: ArgumentHelp("For how long nothing may come until what is missing is lost.", valueName: "seconds")
    )
    var drain: Double = 5

    @Flag(help: "Print one JSON object, with all figures by name.")
    var json = false

    /// The hub, or with the profile `sse` the stream.
    var address: String { url ?? environmentValue("MARTLET_HUB") ?? "http://127.0.0.1:8080" }

    mutating func validate() throws {
        try refuseUserinfo(in: address)
        if let loops { try BenchOptions.check("--loops", loops, 1...256) }
        try BenchOptions.check("--concurrency", concurrency, 1...65_536)
        try BenchOptions.check("--drain", seconds: drain, from: 0.1)
        for process in processes where process < 1 {
            throw ValidationError("--pid takes the number of a process; found \(process).")
        }
    }

    static func check(_ option: String, _ value: Int, _ range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            throw ValidationError(
                "\(option) takes a number from \(Number.grouped(range.lowerBound)) to "
                    + "\(Number.grouped(range.upperBound)); found \(value)."
            )
        }
    }

    static func check(_ option: String, seconds: Double, from least: Double) throws {
        guard seconds >= least, seconds <= 86_400 else {
            throw ValidationError("\(option) takes seconds, from \(least) to 86400; found \(seconds).")
        }
    }
}

extension HubProfile: ExpressibleByArgument {}
