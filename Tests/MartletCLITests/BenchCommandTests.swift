import ArgumentParser
import Testing

@testable import MartletCLI

@Suite struct BenchCommandTests {
    @Test(arguments: [
        ["fan-out", "--subscribers", "0"], ["fan-out", "--subscribers", "1000001"], ["fan-out", "--rate", "0"],
        ["fan-out", "--rate", "nan"], ["fan-out", "--rate", "fast"], ["fan-out", "--size", "33"],
        ["fan-out", "--duration", "0"], ["fan-out", "--duration", "inf"], ["fan-out", "--profile", "ftp"],
        ["fan-out", "--publishers", "10000"], ["fan-out", "--topics", "0"], ["fan-out", "--updates", "0"],
        ["fan-out", "--publishers", "9999", "--topics", "1000000"], ["fan-out", "--own-topics", "1001"],
        ["fan-out", "--publishers", "9999", "--subscribers", "1000000"],
        ["fan-out", "--own-topics", "1", "--profile", "nchan"], ["fan-out", "--pid", "0"], ["fan-out", "--loops", "0"],
        ["fan-out", "--header", "x"], ["fan-out", "--concurrency", "0"], ["fan-out", "--drain", "-1"],
        ["latency", "--rate", "max"], ["latency", "--rate", "0"], ["publish", "--batch", "0"],
        ["publish", "--batch", "10000", "--size", "1000000"], ["idle", "--duration", "nan"], ["join", "--size", "5"],
        ["reconnect", "--missed", "0"], ["listen"], ["listen", "h"], ["floor", "--size", "41"],
        ["floor", "--rate", "-1"], ["floor", "--rate", "step"],
        ["flood"],
    ])
    func `bench refuses what makes no sense`(arguments: [String]) {
        #expect(throws: (any Error).self) { try BenchCommand.parseAsRoot(arguments) }
    }

    @Test(arguments: [
        ["fan-out"], ["fan-out", "http://h:1", "--rate", "max", "--profile", "mercure", "--pid", "1", "--pid", "2"],
        ["fan-out", "--rate", "0.5"], ["fan-out", "--rate", "step"], ["latency"], ["publish", "--subscribers", "0"],
        ["idle"], ["join"], ["reconnect"],
        ["listen", "https://h/feed"], ["floor", "--rate", "20"],
    ])
    func `every load can be asked for`(arguments: [String]) throws {
        _ = try BenchCommand.parseAsRoot(arguments)
    }

    @Test func `a rate is so many a second or none`() {
        #expect(UpdateRate(argument: "max") == .max)
        #expect(UpdateRate(argument: "2.5") == .fixed(2.5))
        #expect(UpdateRate.max.perSecond == nil)
        #expect(UpdateRate.fixed(20).defaultValueDescription == "20")
        #expect(UpdateRate.fixed(0.5).defaultValueDescription == "0.5")
    }

    @Test func `every load is in the help, with a sentence`() {
        let help = BenchCommand.helpMessage()
        for load in BenchCommand.configuration.subcommands {
            #expect(load.configuration.commandName.map(help.contains) == true)
            #expect(!load.configuration.abstract.isEmpty)
        }
    }
}
