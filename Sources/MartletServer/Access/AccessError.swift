/// Says why a key can't be used, in a sentence for the operator.
public struct AccessError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which setting is meant, and what is wrong with it.
    public let description: String
}
