public import Foundation
public import Martlet
import NIOCore

/// What an application lets a request do at its hub, see ``Access/decided(origins:logger:by:)``.
///
/// ```swift
/// let permission = try Permission(
///     publish: ["users/42/notices"],
///     subscribe: ["users/42/{+rest}"],
///     subject: "42",
///     until: session.end
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
    ///   - publish: selectors of the topics that may be published to: topics, URI templates, or `*`.
    ///   - subscribe: selectors of the topics whose private updates may be seen.
    ///   - subject: whom it is for.
    ///   - end: when streams that were opened with it end.
    ///   - payload: what the subscriptions API shows, as JSON.
    /// - Throws: `UpdateError` if a selector is malformed. A name that becomes part of a selector should have no `{` of its
    ///   own: encode what comes from outside.
    public init(
        publish: [String] = [],
        subscribe: [String] = [],
        subject: String = "",
        until end: Date? = nil,
        payload: String? = nil
    ) throws(UpdateError) {
        self.init(
            publish: try Self.selectors(publish),
            subscribe: try Self.selectors(subscribe),
            subject: subject,
            end: end,
            payload: payload
        )
    }

    private init(publish: [Selector], subscribe: [Selector], subject: String, end: Date?, payload: String?) {
        self.publish = publish
        self.subscribe = subscribe
        self.subject = subject
        self.end = end
        self.payload = payload
    }

    /// What a stranger may: see public updates.
    public static let publicUpdates = Permission(publish: [], subscribe: [], subject: "", end: nil, payload: nil)

    /// Everything, for operators.
    public static let everything = Permission(
        publish: [.everything],
        subscribe: [.everything],
        subject: "",
        end: nil,
        payload: nil
    )

    private static func selectors(_ texts: [String]) throws(UpdateError) -> [Selector] {
        var selectors: [Selector] = []
        for text in texts { selectors.append(try Selector(text)) }
        return selectors
    }
}
