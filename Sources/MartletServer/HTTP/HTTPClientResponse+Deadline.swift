package import AsyncHTTPClient
package import NIOCore

extension HTTPClientResponse.Body {
    /// Collects the body, which has to be whole by a time.
    ///
    /// The deadline that a client is given with a request is over once there is a head; a peer that then falls silent,
    /// or drips, would be waited for as long as it likes. Give both the same.
    ///
    /// - Throws: `HTTPClientError.deadlineExceeded`; `NIOTooManyBytesError` if there are more than `maxBytes`.
    package func collect(upTo maxBytes: Int, by deadline: NIODeadline) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await self.collect(upTo: maxBytes) }
            group.addTask {
                try await Task.sleep(for: .nanoseconds((deadline - NIODeadline.now()).nanoseconds))
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            return try await group.next()!
        }
    }
}
