import Foundation
import MartletBench

/// The process that reads what `martlet bench floor` sends: this program again, as `martlet bench listen`.
struct FloorReaders {
    private let process = Process()
    private let output = Pipe()

    init(port: Int, count: Int, payloadBytes: Int) throws(BenchError) {
        guard let program = Bundle.main.executableURL else {
            throw BenchError(.system, "This program can't find itself, to run its readers.")
        }
        self.process.executableURL = program
        self.process.arguments = [
            "bench", "listen", "http://127.0.0.1:\(port)/", "--subscribers", "\(count)", "--floor-payload",
            "\(payloadBytes)", "--duration", "86400", "--json", "--loops", "1",
        ]
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = self.output
        self.process.standardError = FileHandle.nullDevice
        do {
            try self.process.run()
        } catch {
            throw BenchError(.system, "The readers can't be run: \(error)")
        }
    }

    /// How many events they received, once all streams have ended.
    func received() throws(BenchError) -> Int {
        struct Figures: Decodable { let events: Int }
        do {
            let data = try self.output.fileHandleForReading.readToEnd() ?? Data()
            self.process.waitUntilExit()
            return try JSONDecoder().decode(Figures.self, from: data).events
        } catch {
            throw BenchError(.system, "The readers did not tell what they received: \(error)")
        }
    }

    func end() {
        if self.process.isRunning { self.process.terminate() }
        self.process.waitUntilExit()
    }
}
