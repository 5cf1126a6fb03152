import HTTPTypes
public import Hummingbird
import NIOCore

/// A file that the program carries in itself and serves as it is.
struct Asset: Sendable {
    private let bytes: ByteBuffer
    private let contentType: String
    /// Whether it is a page, which may load nothing from elsewhere and nothing that is written into it.
    private let isPage: Bool
    /// Tells a browser that its copy is still good (RFC 9110 §8.8.3).
    private let tag: String

    private static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    init(_ bytes: [UInt8], contentType: String, isPage: Bool = false) {
        self.bytes = ByteBuffer(bytes: bytes)
        self.contentType = contentType
        self.isPage = isPage
        self.tag = "\"\(String(Self.digest(bytes), radix: 36))\""
    }

    /// The browser client, and its types.
    static let client = Asset(PackageResources.martlet_js, contentType: "text/javascript; charset=utf-8")
    static let clientTypes = Asset(PackageResources.martlet_d_ts, contentType: "text/plain; charset=utf-8")

    /// The page of those who try the hub, and the dashboard of operators, each with its style and script.
    static let home = Self.page(PackageResources.home_html, PackageResources.home_css, PackageResources.home_js)
    static let dashboard = Self.page(
        PackageResources.dashboard_html,
        PackageResources.dashboard_css,
        PackageResources.dashboard_js
    )

    private static func page(
        _ page: [UInt8],
        _ style: [UInt8],
        _ script: [UInt8]
    ) -> (page: Asset, style: Asset, script: Asset) {
        (
            Asset(page, contentType: "text/html; charset=utf-8", isPage: true),
            Asset(style, contentType: "text/css; charset=utf-8"),
            Asset(script, contentType: "text/javascript; charset=utf-8")
        )
    }

    /// The file, or that the browser has it.
    ///
    /// Any page may load what is no page: it holds nothing that isn't public.
    func response(to request: Request) -> Response {
        var fields: HTTPFields = [
            .eTag: self.tag, .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
        ]
        if self.isPage {
            fields[.contentSecurityPolicy] = Self.contentSecurityPolicy
        } else {
            fields[.accessControlAllowOrigin] = "*"
        }
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
    /// `/`: a page, with its style and script beside it.
    func add(_ assets: (page: Asset, style: Asset, script: Asset), named name: String) {
        self.get("/") { request, _ in assets.page.response(to: request) }
        self.get(RouterPath("/\(name).css")) { request, _ in assets.style.response(to: request) }
        self.get(RouterPath("/\(name).js")) { request, _ in assets.script.response(to: request) }
    }

}

extension RouterMethods {
    /// Adds `/martlet.js`, the browser client, and `/martlet.d.ts`, its types.
    ///
    /// ```swift
    /// router.addBrowserClient()  // <script type="module"> import { … } from '/martlet.js' </script>
    /// ```
    public func addBrowserClient() {
        self.get("/martlet.js") { request, _ in Asset.client.response(to: request) }
        self.get("/martlet.d.ts") { request, _ in Asset.clientTypes.response(to: request) }
    }
}
