import ArgumentParser
import Foundation
import MartletBench

/// `martlet bench floor`
struct FloorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "Measure what a bare loop of sends costs, which no fan-out on this machine can beat.",
        discussion: """
            One thread sends each update to each connection with one system call, and does nothing else; what that \
            takes of the CPU is the floor to hold a hub's cost per delivery against. The readers are another process \
            of this program. --size is the whole event on the wire. Sends to readers that wait, as with a --rate, cost \
            more than sends to readers that are busy; hold a hub against the floor at its own rate.

              martlet bench floor --subscribers 1000 --updates 200
            """
    )

    @Option(help: ArgumentHelp("Connections.", valueName: "n"))
    var subscribers = 1_000

    @Option(help: ArgumentHelp("Updates that are sent to each connection.", valueName: "n"))
    var updates = 200

    @Option(help: ArgumentHelp("Updates a second, or max.", valueName: "n"))
    var rate = UpdateRate.max

    @Option(help: ArgumentHelp("Bytes of an event on the wire, from 42 up.", valueName: "bytes"))
    var size = 120

    @Flag(help: "Print one JSON object, with all figures by name.")
    var json = false

    mutating func validate() throws {
        try BenchOptions.check("--subscribers", subscribers, 1...1_000_000)
        guard rate != .step else { throw ValidationError("--rate takes updates a second, or max.") }
        try BenchOptions.check("--updates", updates, 1...100_000_000)
        try BenchOptions.check("--size", size, SendFloor.leastBytes...1_000_000)
    }

    func run() throws {
        StandardOutput.ignoreBrokenPipes()
        do {
            let report = try self.measure()
            try BenchOutput.show(report, json: json)
            if !report.faults.isEmpty { throw ExitCode.failure }
        } catch let error as BenchError {
            StandardError.write(error.message)
            throw ExitCode.failure
        }
    }

    private func measure() throws -> BenchReport {
        try DescriptorLimit.reserve(subscribers)
        var floor = try SendFloor()
        let readers = try FloorReaders(port: floor.port, count: subscribers, payloadBytes: size - 8)
        defer { readers.end() }
        try floor.accept(subscribers)
        // As the readers do before they are told of the first event: nothing.
        Thread.sleep(forTimeInterval: 0.5)
        let outcome = try floor.run(updates: updates, bytes: size, rate: rate.perSecond)
        floor.finish()
        let received = try readers.received()

        var report = BenchReport(load: "floor", url: "127.0.0.1:\(floor.port)")
        report.add("streams", "connections", subscribers)
        report.add("sends", "sends", outcome.sends)
        report.add("sends_per_s", "  a second", Double(outcome.sends) / outcome.seconds)
        report.add("full", "  of which found the socket full", outcome.full)
        report.add("cpu_us_per_send", "CPU for each", outcome.cpu / Double(outcome.sends) * 1e6, "µs")
        report.add("received", "events received", received)
        if received != outcome.sends {
            report.add(fault: "The readers received \(received) of \(outcome.sends) events.")
        }
        return report
    }
}
