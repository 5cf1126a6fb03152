import Hummingbird

/// The page and its script, which the program carries in itself.
enum Page {
    static var html: Response { self.file(PackageResources.index_html, type: "text/html; charset=utf-8") }
    static var script: Response { self.file(PackageResources.page_js, type: "text/javascript; charset=utf-8") }

    /// What the page may load, and who may show it: nobody in a frame, where a visitor could be led to click unaware.
    private static let policy = """
        default-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """

    private static func file(_ bytes: [UInt8], type: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: type, .contentSecurityPolicy: self.policy],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}
