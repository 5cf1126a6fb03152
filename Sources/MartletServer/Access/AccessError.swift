/// Says why a key can't be used, in a sentence for the operator.
///
/// ```swift
/// do {
///     _ = try await Access(configuration, logger: logger)
/// } catch {
///     print(error)  // auth.publish.key: …
/// }
/// ```
public struct AccessError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which setting is meant, and what is wrong with it.
    public let description: String
}
