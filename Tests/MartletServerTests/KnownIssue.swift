import Testing

/// Runs a test whose failure is known; it fails once the issue is gone, unless that comes and goes.
func knownIssue(
    _ reason: Comment,
    isIntermittent: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ test: () async throws -> Void
) async throws {
    await withKnownIssue(reason, isIntermittent: isIntermittent, sourceLocation: sourceLocation) { try await test() }
}
