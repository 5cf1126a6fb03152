import Foundation
import MartletBench

/// What a load came to, on standard output.
enum BenchOutput {
    /// A table for people, or one JSON object; then faults go to standard error, too.
    static func show(_ report: BenchReport, json: Bool) throws {
        guard json else {
            try StandardOutput.write(Array(report.text.utf8))
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try StandardOutput.write(Array(encoder.encode(report)) + Array("\n".utf8))
        for fault in report.faults { StandardError.write(fault) }
    }
}
