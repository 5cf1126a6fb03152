extension Section {
    /// Refuses an address that others can reach while nothing checks who they are, and remarks on one where their tokens
    /// could be read on the way.
    func requireLoopbackOrKey(_ listen: Setting<BindAddress>?, hasKey: Bool, hasTLS: Bool) {
        guard let listen, !listen.value.isLoopback else { return }
        if !hasKey {
            report(
                .notLoopback,
                """
                \(listen.value) is not a loopback address. Without a key anybody who can reach it could publish; set \
                auth.publish or auth.subscribe, or use 127.0.0.1 or [::1], behind a proxy that decides who may pass if \
                others must reach it
                """,
                key: listen.key,
                at: listen.origin
            )
        } else if !hasTLS {
            warn(
                """
                \(listen.value) is not a loopback address, and there is no tls: tokens travel in the clear unless a proxy \
                in front speaks TLS
                """,
                key: listen.key,
                at: listen.origin
            )
        }
    }

    /// Refuses an admin listener that others can reach, because nothing checks who they are.
    func requireLoopbackOrToken(admin: Setting<BindAddress>?, hasToken: Bool) {
        guard let admin, !admin.value.isLoopback else { return }
        if hasToken {
            return warn(
                """
                \(admin.value) is not a loopback address, and the admin listener speaks no TLS: its token travels in the \
                clear unless a proxy in front does
                """,
                key: admin.key,
                at: admin.origin
            )
        }
        report(
            .notLoopback,
            """
            \(admin.value) is not a loopback address. Without a token anybody who can reach it could close streams and \
            publish; set admin-token, or use 127.0.0.1 or [::1], behind a proxy that decides who may pass if others must \
            reach it
            """,
            key: admin.key,
            at: admin.origin
        )
    }

    /// Refuses subscriptions that nobody could be granted.
    func requireSubscribeKey(_ subscriptions: Setting<Bool>, isGiven: Bool) {
        guard subscriptions.value, !isGiven else { return }
        report(
            .conflict,
            "nobody could be granted them without a token; set auth.subscribe too",
            key: subscriptions.key,
            at: subscriptions.origin
        )
    }
}
