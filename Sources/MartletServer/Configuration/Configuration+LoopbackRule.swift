extension Section {
    /// Refuses an address that others can reach, because nothing yet checks who they are.
    ///
    /// - Parameter danger: what anybody who can reach the address could do.
    func requireLoopback(_ setting: Setting<BindAddress>?, to danger: String) {
        guard let setting, !setting.value.isLoopback else { return }
        report(
            .notLoopback,
            """
            \(setting.value) is not a loopback address. Martlet has no authorization yet, so anybody who can reach it \
            could \(danger); use 127.0.0.1 or [::1], behind a proxy that decides who may pass if others must reach it
            """,
            key: setting.key,
            at: setting.origin
        )
    }
}
