extension Configuration {
    /// Reads the top level. A new key is a property and a line here; a new section is a file like
    /// `Configuration+Streams.swift` and a line here.
    mutating func read(_ section: Section) {
        let listen = section.setting("listen", as: .address)
        let admin = section.setting("admin", as: .word("off", or: .address))
        section.section("log") { log.read($0) }
        section.section("streams") { streams.read($0) }
        section.section("limits") { limits.read($0) }
        let loops = section.setting("loops", as: .integer(1...1024))
        section.section("diagnostics") { diagnostics.read($0) }
        section.section("sources", of: "source names and their settings") { sources = SourceConfiguration.readAll($0) }

        if let loops { self.loops = loops.value }
        if let listen { self.listen = listen.value }
        if let admin { self.admin = admin.value }
        section.requireLoopback(listen, to: "publish")
        section.requireLoopback(admin?.unwrapped(), to: "read the dashboard and the metrics")
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
