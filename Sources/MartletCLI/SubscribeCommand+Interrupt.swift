import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Does the work until it is done or SIGINT comes, which cancels it and is no error.
///
/// Work that is stuck in a write nobody reads cannot hear of its cancellation; then the process ends regardless.
func endingOnInterrupt(_ work: @escaping @Sendable () async throws -> Void) async throws {
    // The default action, which is to die, would come before the dispatch source.
    signal(SIGINT, SIG_IGN)
    let interrupts = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    let (interrupted, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    interrupts.setEventHandler {
        continuation.yield()
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(300)) { _exit(0) }
    }
    interrupts.activate()
    defer { interrupts.cancel() }

    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await work() }
        group.addTask { for await _ in interrupted { return } }
        defer { group.cancelAll() }
        try await group.next()
    }
}
