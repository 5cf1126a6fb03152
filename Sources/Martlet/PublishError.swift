/// Says why nothing was published.
///
/// ```swift
/// do {
///     try await hub.publish(updates)
/// } catch {
///     switch error {
///     case .reservedID(let id): print("\(id) can't be chosen")
///     case .log(let failure): print("try again later: \(failure)")
///     }
/// }
/// ```
public enum PublishError: Error, Sendable, Hashable, CustomStringConvertible {
    /// An update's id has the form of a position in this log, which only the log gives.
    case reservedID(String)
    /// The log could not take it.
    case log(LogError)

    /// What happened.
    public var description: String {
        switch self {
        case .reservedID(let id): "The id \"\(id)\" has the form of the ids that this hub gives itself; choose another."
        case .log(let error): error.message
        }
    }
}
