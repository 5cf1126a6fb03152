/// A certificate for `localhost`, signed with its own key, which nothing else uses.
enum Certificate {
    static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBnDCCAUGgAwIBAgIUDZYif6Q156cC559oS+sCL8/OQuEwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjAzMDYzOVoYDzIxMjYxMTAy
        MDMwNjM5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAASsWqcoLr2VUKl6Dy7z04duB2rUtyKvXrXduBxWqdVSshg1nMUWZJqT
        07nTIDISlZ9TZhghw5oUtaa5dy7VflpKo28wbTAdBgNVHQ4EFgQUnwmqwD67meZU
        dQ690s7DHDEOgKEwHwYDVR0jBBgwFoAUnwmqwD67meZUdQ690s7DHDEOgKEwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSQAwRgIhAMFWdngcSAcB9otTsAFU7n4qrfQCobY/sKm1qqHdde8tAiEA
        tAKLG4nVv4Q8S0G9bwqaQkwqD1bkBAYCQQ6ecqLz7HU=
        -----END CERTIFICATE-----
        """

    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUSzic43iJLy+dWa4
        SkmpW5Zx1Y6v9DSJukDkVi9zFvGhRANCAASsWqcoLr2VUKl6Dy7z04duB2rUtyKv
        XrXduBxWqdVSshg1nMUWZJqT07nTIDISlZ9TZhghw5oUtaa5dy7VflpK
        -----END PRIVATE KEY-----
        """
}
