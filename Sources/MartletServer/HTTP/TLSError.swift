/// Says why a certificate or its key can't be used, in a sentence for the operator.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with which file.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
