import Martlet
import NIOCore

/// A subscriber that has been let in: all that its stream needs.
struct StreamOpening {
    var endpoint: HubEndpoint
    var shared: LoopShared
    var shard: Shard
    var response: HubResponse
    var interest: Interest
    /// What the response's body is coded as.
    var coding = ContentCoding.identity
    var start: ResumePoint
    /// When the stream is ended: with its token, or for its age.
    var deadline: NIODeadline
    /// Whom it is counted for.
    var address: ClientAddress?
    /// Whom an application granted it to; `""` for nobody in particular.
    var subject = ""
    /// How it is listed, where subscriptions are.
    var listing: ActiveSubscriber?
}
