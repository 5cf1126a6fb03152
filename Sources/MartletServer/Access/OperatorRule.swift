import Foundation
import HTTPTypes
import NIOCore

/// Who may use the admin listener: without a token whatever runs on this machine, with one whoever brings it.
///
/// The token is sent as `Authorization: Bearer`, or by a browser as the password of any user, for which it asks once.
struct OperatorRule: Sendable {
    private static let listener = "The admin listener"
    private let token: Secret?

    init(token: Secret?) {
        self.token = token
    }

    /// Throws unless a request may come in.
    func check(_ request: HTTPRequest, from peer: SocketAddress?) throws(RequestError) {
        guard let token else {
            return try LoopbackRule.check(request, from: peer, listener: Self.listener)
        }
        // A browser that knows the password sends it along with whatever any page has it ask for.
        let isForeign = request.headerFields[values: .origin].contains {
            !WebAddress.isOrigin($0, of: request.authority)
        }
        let site = request.headerFields[.secFetchSite]
        guard !isForeign, site == nil || site == "same-origin" || site == "none" else {
            throw RequestError(.forbidden, "Pages of other origins may not come here. This is the admin listener.")
        }
        let sent = request.headerFields[values: .authorization].compactMap(Self.secret)
        guard sent.count == 1, Self.isEqual(sent[0], token.text) else {
            throw RequestError(
                .unauthorized,
                "The admin listener needs its token (admin-token): as \"Authorization: Bearer …\", or as a password."
            )
        }
    }

    private static func secret(_ field: String) -> String? {
        let parts = field.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": return parts[1]
        case "basic":
            guard let data = Data(base64Encoded: parts[1]), let text = String(data: data, encoding: .utf8),
                let colon = text.firstIndex(of: ":")
            else { return nil }
            return String(text[text.index(after: colon)...])
        default: return nil
        }
    }

    /// In a time that doesn't tell how much of it is right.
    private static func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        var difference = left.count ^ right.count
        for (index, byte) in right.enumerated() { difference |= Int(byte ^ (index < left.count ? left[index] : 0)) }
        return difference == 0
    }
}
