import HTTPTypes
import Hummingbird
import NIOCore

/// A file that the program carries in itself and serves as it is.
struct Asset: Sendable {
    private let bytes: ByteBuffer
    private let contentType: String
    /// Tells a browser that its copy is still good (RFC 9110 §8.8.3).
    private let tag: String

    init(_ bytes: [UInt8], contentType: String) {
        self.bytes = ByteBuffer(bytes: bytes)
        self.contentType = contentType
        self.tag = "\"\(String(Self.digest(bytes), radix: 36))\""
    }

    /// The browser client, and its types.
    static let client = Asset(PackageResources.martlet_js, contentType: "text/javascript; charset=utf-8")
    static let clientTypes = Asset(PackageResources.martlet_d_ts, contentType: "text/plain; charset=utf-8")

    /// The file, or that the browser has it.
    ///
    /// Any page may load it: it holds nothing that isn't public.
    func response(to request: Request) -> Response {
        let fields: HTTPFields = [
            .eTag: self.tag, .cacheControl: "no-cache", .accessControlAllowOrigin: "*", .xContentTypeOptions: "nosniff",
        ]
        if request.headers[.ifNoneMatch] == self.tag { return Response(status: .notModified, headers: fields) }
        return Response(
            status: .ok,
            headers: fields + [.contentType: self.contentType],
            body: .init(byteBuffer: self.bytes)
        )
    }

    /// FNV-1a: tells versions of a file apart, and nothing more.
    private static func digest(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension HTTPFields {
    fileprivate static func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
        var fields = left
        for field in right { fields.append(field) }
        return fields
    }
}

extension Router {
    /// `/martlet.js`: the browser client.
    func addClient() {
        self.get("/martlet.js") { request, _ in Asset.client.response(to: request) }
        self.get("/martlet.d.ts") { request, _ in Asset.clientTypes.response(to: request) }
    }
}
