import EventSourceClient
import ServerSentEvents

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Prints the events of a stream, and takes its time: `ReadEvents URL [SECONDS]` waits so long after each.
///
/// The least that a program needs of EventSourceClient. While it waits, the server waits too.
@main
struct ReadEvents {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let pause = arguments.count > 2 ? Double(arguments[2]) : 0
        guard arguments.count > 1, let pause, (0...3600).contains(pause) else {
            print("usage: ReadEvents URL [SECONDS]")
            exit(64)
        }
        do throws(EventSourceError) {
            for try await event in EventSource(arguments[1]) {
                print(event.type, event.data)
                // Standard output to a pipe is buffered.
                fflush(nil)
                try? await Task.sleep(for: .seconds(pause))
            }
        } catch {
            print(error.message)
            exit(1)
        }
    }
}
