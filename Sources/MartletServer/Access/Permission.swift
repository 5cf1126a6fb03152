public import Foundation
public import Martlet

/// What an application lets a request do at its hub, see ``Access/decided(origins:trustedProxies:logger:by:)``.
///
/// ```swift
/// let permission = try Permission(
///     publish: [.template("rooms/{room}")],
///     subscribe: [.topic("users/42/notices")],
///     subject: "42",
///     until: .now + 300
/// )
/// ```
///
/// The one without arguments is what a stranger may have: it sees public updates, and publishes nothing.
public struct Permission: Sendable {
    /// The topics that may be published to.
    public let publish: [Selector]
    /// The topics whose private updates may be seen. Public ones are seen by whoever may subscribe at all.
    public let subscribe: [Selector]
    /// Whom it is for, such as a user's id; `""` for nobody in particular. The streams of a subject can be ended, see
    /// ``HubEndpoint/endStreams(of:)``, and its publishes are counted together, see ``HubEndpoint/Limits``.
    public let subject: String
    /// When streams that were opened with it end, or nil for never. A client then comes back and is asked about again; it
    /// misses nothing, so minutes are a good value.
    public let end: Date?
    /// What the subscriptions API shows of the subscriber, as JSON, or nil for nothing.
    public let payload: String?

    /// Makes a permission.
    ///
    /// - Parameters:
    ///   - publish: the topics that may be published to: `.topic("…")` for exactly one, whatever it is made of,
    ///     `.template("…")` for all of an RFC 6570 template, or `.everything`.
    ///   - subscribe: the topics whose private updates may be seen.
    ///   - subject: whom it is for.
    ///   - end: when streams that were opened with it end. One that lies in the past refuses the request.
    ///   - payload: what the subscriptions API shows of the subscriber; encoded as JSON.
    /// - Throws: what encoding the payload throws.
    public init(
        publish: [Selector] = [],
        subscribe: [Selector] = [],
        subject: String = "",
        until end: Date? = nil,
        payload: (any Encodable)? = nil
    ) throws {
        self.publish = publish
        self.subscribe = subscribe
        self.subject = subject
        self.end = end
        self.payload = try payload.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    }

    private init(everything selectors: [Selector]) {
        self.publish = selectors
        self.subscribe = selectors
        self.subject = ""
        self.end = nil
        self.payload = nil
    }

    /// What a stranger may: see public updates.
    public static let publicUpdates = Permission(everything: [])

    /// Everything, for operators.
    public static let everything = Permission(everything: [.everything])
}
