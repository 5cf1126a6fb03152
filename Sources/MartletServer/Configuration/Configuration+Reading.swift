extension Configuration {
    /// Reads the top level. A new key is a property and a line here; a new section is a file like
    /// `Configuration+Streams.swift` and a line here.
    mutating func read(_ section: Section) {
        let listen = section.setting("listen", as: .address)
        let admin = section.setting("admin", as: .word("off", or: .address))
        if let listen { self.listen = listen.value }
        if let admin { self.admin = admin.value }
        if let token = section.setting("admin-token", as: .token) { self.adminToken = token.value }
        var keys = Auth.GivenKeys()
        section.section("tls") { tls = TLS.read($0) }
        section.section("auth", isSecret: true) { keys = auth.read($0) }
        let subscriptions = section.setting("subscriptions", as: .boolean)
        section.section("cors") { cors.read($0) }
        if let proxies = section.list("trusted-proxies", of: .addressRange) { trustedProxies = proxies.map(\.value) }
        section.section("log") { log.read($0) }
        section.section("streams") { streams.read($0, listen: self.listen) }
        section.section("limits") { limits.read($0) }
        if let loops = section.setting("loops", as: .integer(1...1024)) { self.loops = loops.value }
        section.section("diagnostics") { diagnostics.read($0) }
        section.section("sources", of: "source names and their settings") { sources = SourceConfiguration.readAll($0) }

        section.requireLoopbackOrKey(listen, hasKey: keys.any, hasTLS: tls != nil)
        section.requireLoopbackOrToken(admin: admin?.unwrapped(), hasToken: self.adminToken != nil)
        if let subscriptions {
            self.subscriptions = subscriptions.value
            section.requireSubscribeKey(subscriptions, isGiven: keys.subscribe)
        }
        if self.listen == self.admin, self.listen.port != 0, let origin = admin?.origin ?? listen?.origin {
            section.report(
                .conflict,
                "\(self.listen) is the address of both listen and admin; give one of them another port",
                key: admin == nil ? "listen" : "admin",
                at: origin
            )
        }
    }
}
