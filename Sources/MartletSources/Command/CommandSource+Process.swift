import Martlet
import Subprocess

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(System)
import System
#else
import SystemPackage
#endif

extension CommandSource {
    /// Runs the program until it ends or the task is cancelled; then nothing of its process group is left.
    ///
    /// - Returns: how it ended, in a sentence.
    func runOnce(publishingTo hub: Hub) async -> String {
        let program = self.options.arguments[0]
        var group: ProcessGroup?
        let end: String
        do {
            let result = try await Subprocess.run(
                self.configuration,
                input: .none,
                output: .sequence,
                error: .sequence
            ) { execution in
                let ownGroup = ProcessGroup(execution.processIdentifier.value)
                group = ownGroup
                let (output, errors) = (execution.standardOutput, execution.standardError)
                await withTaskGroup { tasks in
                    tasks.addTask { await self.log(errors) }
                    await self.publish(output, to: hub)
                }
                // The program has ended, or nothing can come from it any more. Whoever says goodbye still has pipes to say
                // it to. When the task is cancelled, the group is told to end by what runs this.
                await ownGroup.end(isTold: Task.isCancelled, grace: self.options.grace)
            }
            end = "\(program) \(Self.sentence(result.terminationStatus))"
        } catch {
            end = "cannot run \(program): \(error)"
        }
        group?.reapInherited()
        return end
    }

    private var configuration: Subprocess.Configuration {
        let program = self.options.arguments[0]
        var platform = PlatformOptions()
        // A group of its own, so that what it starts is ended with it.
        platform.processGroupID = 0
        platform.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: self.options.grace)
        ]
        return Subprocess.Configuration(
            executable: program.utf8.contains(UInt8(ascii: "/")) ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(Array(self.options.arguments.dropFirst())),
            environment: .inherit.updating(Self.withoutSettings(ProcessInfo.processInfo.environment.keys)),
            platformOptions: platform
        )
    }

    /// Of the variables of the environment, the hub's own settings, each marked as to be removed.
    static func withoutSettings(_ names: some Sequence<String>) -> [Environment.Key: String?] {
        var settings: [Environment.Key: String?] = [:]
        for name in names where name.hasPrefix("MARTLET_") {
            if let key = Environment.Key(rawValue: name) { settings.updateValue(nil, forKey: key) }
        }
        return settings
    }

    private static func sentence(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "ended with exit status \(code)"
        case .signaled(let signal): "was ended by signal \(signal)"
        }
    }
}
