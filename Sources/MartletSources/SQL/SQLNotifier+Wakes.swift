extension SQLNotifier {
    /// Tells of each change, until the task is cancelled.
    func keepWaking(_ wakes: Wakes) async {
        await self.run {
            wakes.works(true)
            wakes.wake(nil)
        } interrupted: { error in
            wakes.works(false, problem: error.message)
        }
        wakes.works(false)
    }
}
