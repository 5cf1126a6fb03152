import HTTPTypes

/// Why a request is refused: a status, and a sentence for whoever sent it.
struct RequestError: Error, Hashable {
    var status: HTTPResponse.Status
    var message: String
    /// After how many seconds trying again makes sense.
    var retryAfter: Int?

    init(_ status: HTTPResponse.Status, _ message: String, retryAfter: Int? = nil) {
        self.status = status
        self.message = message
        self.retryAfter = retryAfter
    }
}
