import NIOCore
import NIOPosix

/// What a load runs in: event loops, the way to the server, and what tells of it. Owned by the load's task.
struct LoadSession: Sendable {
    let settings: LoadSettings
    let group: MultiThreadedEventLoopGroup
    /// The event loop of the publishers.
    let publishing: MultiThreadedEventLoopGroup
    let route: Route
    let failure = FirstFailure()
    let interruption: Interruption
    let tell: @Sendable (String) -> Void

    /// Runs a load and closes whatever it left open.
    static func run(
        _ settings: LoadSettings,
        publishers: Int,
        interruption: Interruption,
        tell: @escaping @Sendable (String) -> Void,
        _ body: (LoadSession) async throws -> BenchReport
    ) async throws -> BenchReport {
        try DescriptorLimit.reserve(settings.streams + publishers)
        _ = try ProcessCost.read(settings.processes)
        let route = try Route(
            to: settings.target.url,
            connections: settings.streams + publishers,
            authorities: settings.authorities
        )
        let session = LoadSession(
            settings: settings,
            group: MultiThreadedEventLoopGroup(numberOfThreads: settings.loops),
            publishing: MultiThreadedEventLoopGroup(numberOfThreads: 1),
            route: route,
            interruption: interruption,
            tell: tell
        )
        do {
            let report = try await body(session)
            await session.shutDown()
            return report
        } catch {
            await session.shutDown()
            throw error
        }
    }

    private func shutDown() async {
        // Closes what is still open. That it can't is no news for who looks at figures.
        try? await self.publishing.shutdownGracefully()
        try? await self.group.shutdownGracefully()
    }

    func cost() throws(BenchError) -> ProcessCost? {
        self.settings.processes.isEmpty ? nil : try ProcessCost.read(self.settings.processes)
    }

    func waiting(_ status: @escaping @Sendable () -> String) -> Waiting {
        Waiting(interruption: self.interruption, tell: self.tell, status: status)
    }

    /// Opens the streams, telling how far it is, and lets the server come to rest.
    func open(_ crowd: StreamCrowd) async throws {
        try await crowd.open(waiting: self.waiting { "\(Number.grouped(crowd.openCount)) streams are open" })
        // What a server does after it has answered, such as noting the subscription elsewhere.
        try await self.waiting { "all streams are open" }.pass(.milliseconds(500))
    }

    var publishingLoop: any EventLoop { self.publishing.any() }

    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    static func seconds(from start: UInt64, to end: UInt64) -> Double {
        end > start ? Double(end - start) / 1e9 : 0
    }
}
