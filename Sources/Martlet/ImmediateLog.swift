/// A log that can be given updates without waiting for anything, and never refuses them.
///
/// The hub appends on whichever event loop updates are brought then, one batch at a time.
protocol ImmediateLog: EventLog {
    /// Appends all of `updates` and notes all of `bookmarks`; returns the sequence number of the first.
    func appendAtOnce(_ updates: [Update], bookmarks: [Bookmark]) -> SequenceNumber
}
