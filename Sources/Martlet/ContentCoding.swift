/// What the bytes of a stream are coded as (RFC 9110 §8.4.1).
///
/// It is a property of a ``Cohort``, beside the interest: those who get the same bytes.
package enum ContentCoding: Int, CaseIterable, Sendable {
    case identity
    /// One gzip member, from the stream's first byte to its end: see ``FrameCompressor``.
    case gzip

    /// What a stream begins with: a comment, behind what the coding begins with.
    package var opening: Frame {
        switch self {
        case .identity: .heartbeat
        case .gzip: GzipMember.opening
        }
    }

    /// A comment without text: what keeps a stream alive.
    var heartbeat: Frame {
        switch self {
        case .identity: .heartbeat
        case .gzip: GzipMember.heartbeat
        }
    }
}
