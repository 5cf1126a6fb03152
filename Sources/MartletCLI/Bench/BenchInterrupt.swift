import Dispatch
import MartletBench
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Has SIGINT and SIGTERM end a load early, so that it still tells what it measured; a second one ends the process.
struct BenchInterrupt {
    private let sources: [any DispatchSourceSignal]

    init(_ interruption: Interruption) {
        self.sources = [SIGINT, SIGTERM].map { number in
            // The default action, which is to die, would come before the dispatch source.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if interruption.isSet { _exit(130) }
                interruption.interrupt()
            }
            source.activate()
            return source
        }
    }

    func cancel() {
        for source in self.sources { source.cancel() }
    }
}
