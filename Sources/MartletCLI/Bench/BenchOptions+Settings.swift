import ArgumentParser
import Foundation
import MartletBench
import NIOSSL

extension BenchOptions {
    /// What the options come to, for a load with so many streams.
    func settings(streams: Int, batches: Bool = false) throws -> LoadSettings {
        var all = headers.map { ($0.name, $0.value) }
        if let token = token ?? environmentValue("MARTLET_TOKEN") { all.append(("Authorization", "Bearer \(token)")) }
        let target = try HubTarget(
            url: try HubURL(address),
            profile: profile,
            subscribe: subscribePath,
            publish: publishPath,
            batches: batches,
            headers: all
        )
        var settings = LoadSettings(target: target, streams: streams)
        settings.authorities = try readAuthorities()
        settings.processes = processes
        settings.loops = loops ?? max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
        settings.concurrency = max(1, concurrency / settings.loops)
        settings.drain = .milliseconds(Int(drain * 1_000))
        return settings
    }

    private func readAuthorities() throws -> [NIOSSLCertificate] {
        guard let authorities else { return [] }
        do {
            return try NIOSSLCertificate.fromPEMFile(authorities)
        } catch {
            throw BenchError(.invalidTarget, "Certificates can't be read from \(authorities): \(error)")
        }
    }

    /// Runs a load, shows its progress and what it came to, and ends with 1 if it was not as it should be.
    func run(
        _ load: @Sendable (Interruption, @escaping @Sendable (String) -> Void) async throws -> BenchReport
    ) async throws {
        StandardOutput.ignoreBrokenPipes()
        let interruption = Interruption()
        let signals = BenchInterrupt(interruption)
        defer { signals.cancel() }
        let report: BenchReport
        do {
            report = try await load(interruption) { StandardError.write($0) }
        } catch let error as BenchError {
            StandardError.write(error.message)
            throw ExitCode.failure
        } catch is Interruption.Interrupted {
            StandardError.write("interrupted before anything was measured")
            throw ExitCode(130)
        }
        try BenchOutput.show(report, json: json)
        if !report.faults.isEmpty { throw ExitCode.failure }
    }
}
