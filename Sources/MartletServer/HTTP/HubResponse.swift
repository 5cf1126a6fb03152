import HTTPTypes
import Martlet

/// A response of the hub's, whichever version of HTTP it goes out in.
struct HubResponse {
    var status: HTTPResponse.Status
    var fields: [(name: String, value: String)]
    var body: String
    /// A response to `HEAD`: the body's length is told, its bytes aren't sent.
    var headOnly = false
    /// Whether the length is known; a stream's isn't.
    var hasLength = true

    /// An answer in plain text.
    static func text(_ status: HTTPResponse.Status, _ body: String) -> HubResponse {
        HubResponse(status: status, fields: [("Content-Type", "text/plain; charset=utf-8")], body: body)
    }

    /// A refusal: its sentence, and what its status demands.
    static func refusal(_ error: RequestError) -> HubResponse {
        var response = self.text(error.status, error.message + "\n")
        if let seconds = error.retryAfter { response.fields.append(("Retry-After", String(seconds))) }
        // RFC 6750 §3.
        if error.status == .unauthorized { response.fields.append(("WWW-Authenticate", "Bearer")) }
        // RFC 9110 §15.5.6.
        if let allow = error.allow { response.fields.append(("Allow", allow)) }
        return response
    }

    /// The head of a stream.
    ///
    /// `no-transform` and `X-Accel-Buffering` keep proxies from holding events back.
    ///
    /// - Parameters:
    ///   - coding: what its body is coded as.
    ///   - hasChoice: whether that depends on the request.
    static func stream(
        lastEventID: String?,
        coding: ContentCoding = .identity,
        hasChoice: Bool = false
    ) -> HubResponse {
        var fields = [
            ("Content-Type", "text/event-stream"),
            ("Cache-Control", "no-cache, no-store, no-transform"),
            ("X-Accel-Buffering", "no"),
        ]
        if case .gzip = coding {
            // The second is for who wonders whether it was something on the way, as `martlet doctor` does.
            fields += [("Content-Encoding", "gzip"), ("Martlet-Compression", "shared")]
        }
        if hasChoice { fields.append(("Vary", "Accept-Encoding")) }
        if let lastEventID { fields.append(("Last-Event-ID", lastEventID)) }
        return HubResponse(status: .ok, fields: fields, body: "", hasLength: false)
    }

    /// Adds fields; what the answer varies with is one list.
    mutating func add(_ fields: [(name: String, value: String)]) {
        for field in fields {
            if field.name == "Vary", let index = self.fields.firstIndex(where: { $0.name == "Vary" }) {
                self.fields[index].value += ", \(field.value)"
            } else {
                self.fields.append(field)
            }
        }
    }
}
