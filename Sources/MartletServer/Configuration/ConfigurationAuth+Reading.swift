extension Configuration.Auth {
    /// Which keys the user meant to give. A bad one counts, so that its absence isn't told on top of what is wrong with it.
    struct GivenKeys {
        var publish = false
        var subscribe = false
        var any: Bool { publish || subscribe }
    }

    mutating func read(_ section: Section) -> GivenKeys {
        var given = GivenKeys()
        var publishOrigin: ConfigurationOrigin?
        section.section("publish", isSecret: true) { section in
            let reading = Key.read(section)
            publish = reading.key
            given.publish = reading.isGiven
            publishOrigin = reading.origin
        }
        section.section("subscribe", isSecret: true) { section in
            let reading = Key.read(section)
            subscribe = reading.key
            given.subscribe = reading.isGiven
        }
        let problems = section.reading.problems.count
        let anonymous = section.setting("anonymous", as: .boolean)
        let isSound = section.reading.problems.count == problems
        self.anonymous = anonymous?.value ?? !given.any
        if let list = section.list("publish-origins", of: .publishOrigin) { publishOrigins = list.map(\.value) }

        guard isSound, !self.anonymous, !given.subscribe else { return given }
        if given.publish {
            section.report(
                .conflict,
                """
                nobody could subscribe: there is no auth.subscribe, and auth.anonymous is not true; \
                add the key of subscribers, or set auth.anonymous to true
                """,
                key: "publish",
                at: publishOrigin
            )
        } else {
            section.report(
                .conflict,
                """
                nobody could subscribe: anonymous is false, and there is no key to check a token with; \
                add auth.subscribe, or leave anonymous out
                """,
                key: "anonymous",
                at: anonymous?.origin
            )
        }
        return given
    }
}

extension Configuration.Auth.Key {
    /// What `auth.publish` or `auth.subscribe` says.
    struct Reading {
        /// `nil` if there is none, or a bad one, which is reported.
        var key: Configuration.Auth.Key?
        /// Whether the user meant to give one.
        var isGiven: Bool
        /// Where it was given, as far as that is known.
        var origin: ConfigurationOrigin?
    }

    static func read(_ section: Section) -> Reading {
        let problems = section.reading.problems.count
        let algorithm = section.setting("algorithm", as: .oneOf(TokenAlgorithm.self))
        let text = section.setting("key", as: .key)
        let file = section.setting("key-file", as: .path)
        let jwks = section.setting("jwks", as: .keySet)
        let places = [text?.place, file?.place, jwks?.place].compactMap { $0 }
        let place = section.location.map { .file($0) } ?? places.first?.origin ?? algorithm?.origin
        // One that is there and bad was reported as that.
        guard section.reading.problems.count == problems else { return Reading(isGiven: true, origin: place) }
        guard section.isGiven || !places.isEmpty || algorithm != nil else { return Reading(isGiven: false) }
        guard places.count == 1 else {
            report(places, in: section, at: place)
            return Reading(isGiven: true, origin: place)
        }
        var key: Configuration.Auth.Key?
        if let text {
            key = .text(text.value, algorithm?.value ?? .hs256)
            section.refusePublicKey(text, as: algorithm?.value ?? .hs256)
        } else if let file {
            key = .file(path: file.origin.resolve(path: file.value), algorithm?.value ?? .hs256)
        } else if let jwks {
            key = .jwks(jwks.value.resolved { jwks.origin.resolve(path: $0) }, algorithm?.value)
            section.refuseSharedSecret(algorithm)
        }
        return Reading(key: key, isGiven: true, origin: place)
    }

    /// Reports that there is not one of the keys that say where the key is, but none or several.
    private static func report(
        _ places: [(key: String, origin: ConfigurationOrigin)],
        in section: Section,
        at place: ConfigurationOrigin?
    ) {
        if let last = places.last {
            let names = places.map(\.key).joined(separator: " and ")
            section.report(.conflict, "\(names) exclude each other; give one of them", key: last.key, at: last.origin)
        } else {
            section.report(.missingKey, "required: one of key, key-file, jwks", at: place)
        }
    }
}

extension Setting {
    fileprivate var place: (key: String, origin: ConfigurationOrigin) { (key, origin) }
}

extension Section {
    /// Refuses a PEM key as a shared secret: everybody may know a public key, and could sign with it.
    fileprivate func refusePublicKey(_ key: Setting<Secret>, as algorithm: TokenAlgorithm) {
        guard algorithm.isSymmetric, key.value.text.contains("-----BEGIN ") else { return }
        report(
            .conflict,
            """
            a key in PEM is no shared secret, which \(algorithm.rawValue) takes it for: who knows the public key could \
            sign; set algorithm to RS256, ES256, EdDSA or the like
            """,
            key: key.key,
            at: key.origin
        )
    }

    /// Refuses an algorithm of shared secrets for a JWKS, whose keys are public.
    fileprivate func refuseSharedSecret(_ algorithm: Setting<TokenAlgorithm>?) {
        guard let algorithm, algorithm.value.isSymmetric else { return }
        report(
            .conflict,
            """
            \(algorithm.value.rawValue) takes a shared secret, but the keys of a JWKS are public; leave algorithm out, or \
            set RS256, ES256, EdDSA or the like
            """,
            key: algorithm.key,
            at: algorithm.origin
        )
    }
}
