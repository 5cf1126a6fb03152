/// A sampler of a database that says itself when something has changed.
package struct NotifiedSampler: Sampler {
    private let base: any Sampler
    private let notifier: SQLNotifier
    private let wakes: Wakes

    /// Makes a sampler.
    ///
    /// - Parameter wakes: told whenever the notifier is.
    package init(_ base: any Sampler, notifier: SQLNotifier, wakes: Wakes) {
        self.base = base
        self.notifier = notifier
        self.wakes = wakes
    }

    package func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        await self.base.sample(watches)
    }

    package func listen() async { await self.notifier.keepWaking(self.wakes) }

    package func close() async { await self.base.close() }
}
