/// Keys that exist for tests only.
enum TokenSamples {
    /// The secret of the HMAC tokens.
    static let secret = "an-example-secret-that-is-long-enough-for-every-one-of-the-three-hashes"

    /// PKCS #8.
    static let rsaPrivate = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDPT41PslM7n/ZF
        rnMyD115/5JrLtPvrHsM3MHpHjM1mnsVMyYVeJf/h1izWl6yxM12fofpS7JeQfJt
        L2cr2wKnuDtUcjynzfbXK2Bzp0msS4x4Aj0vS+RFEUb8QRpyAr7k6o6n4A0JuxqM
        Kys19KWoMxlSa7kHCI6octQEq56CyarZelej9jvfeBRNm8izm6RXL9txZ/Rmvykt
        xtgr8yOIEFq30m6MCnLLwt/QFlnNDo1ab+WpVLLM+j16YWySbWD/7xMx03ERtVrd
        XQJg3v6SWZIed9jQYlVVrrpjFHscAMLboNnYMRyCMDOXpAyMVJvl6dAHqBspotIS
        L2LZiMEBAgMBAAECggEABKf521MRAiMjWSO6EeMUq37ZGI48iYLaevnYBK5qLFgx
        hRYciOpkoaubH4JvhRzj1Hqyu0pNXx7NAjT+girByCQmkxbQ6FyQyPrQ5sMHlQyA
        E9m80A/r7lHTEufc5gjZpbMZsXTsUP157EWYyCwH62kJIoH6dHh1oG0g3WgYGvE5
        rxWRGfwgPgorF2dAGNKcT7U8E4kKj5kKF0FVUP5OP4xS9KAzYRQ+MZlx2R+5V+mP
        AWnG2P2Hclc+d7b3IYd5UYO4v8NWlCR6kzllFg063/LtuMzQTOchrLrm4HZOAVZq
        8n8gOsx7nX7zD4zPBecGODl8SWKGLImD2iAxgVIKJQKBgQD85U9/y+tYc/aCyhQJ
        B0J0FJgluLLV+1P2SqZJpq//OYJGGrRS0C9NgEtXk6NERIDqn8sQYzBVYdfi6mh8
        AF4ooBLLo8yFXjhyXfH4xYRe7L2BUML/LPULtNXv0+UM9xJ44Lkmu3fz+0kRtIul
        LL7CvI99b+YlFDtSRPZUA64r4wKBgQDR2v869t57KvAog3rfwyoUL3eb4lhk2wjZ
        6t7hbrDoLK2zfj4eJcGWRzfrPA6fu/yAJslK3/CuP995U2jqaBEySg8EoW0+qyXq
        UOeONhZQR/l9dW+tSInY43xcrgK5ljTzjEear2DH9a7JUjKQ4Wc8KSN+swXNa+7Q
        XtTHpk58ywKBgFmGU75J0eZeJsXmA3GuwDeXksTHvYdCkVZ+1p78AxG2qgdnLK6k
        RBqLcCBwgzuHhJuKNbh3ZITVPjd2A8bh2nNHN2AffCc6U4EpAJ+wTEvOQsekb2Ml
        5xldyt47hLoyPLfN1b2AX9Ze/l7mKwkt7dnCJomhMzetEdLt1sWnB+FBAoGBAJ+s
        GrD5r3RVyl95Et/4tiafq0lfolQy2Hw+mhE60L4HaK7+6jK0FaTLUX/ZtWLSfR/g
        4x3mYFGk5duBnH1ma1cxRFYIoX+iZ3nuzxDElJvG98z+stdNLx1okXJPMGGXKXj6
        Dm1i7aeXhsNFmJXl+0+qGYjInCyd6BqBXTL/lg6bAoGBAJ0LDN73ZVXwF3ixP4+E
        xC7rPKuxoLkuGTjxXage7AhXBmGKE7dUSrnG3bmhauu4gjEVb6y88m/dKJg1vEet
        bmy1YmINf/NdqcKYD99thp77rFAJG0xeh+EjxHksNf/+6890CLEPfVdpgf/TaaG4
        Nm4XTkW6JWnXF40L9e9zmucj
        -----END PRIVATE KEY-----
        """

    /// The same key in PKCS #1.
    static let rsaPrivatePKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEpAIBAAKCAQEAz0+NT7JTO5/2Ra5zMg9def+Say7T76x7DNzB6R4zNZp7FTMm
        FXiX/4dYs1pessTNdn6H6UuyXkHybS9nK9sCp7g7VHI8p8321ytgc6dJrEuMeAI9
        L0vkRRFG/EEacgK+5OqOp+ANCbsajCsrNfSlqDMZUmu5BwiOqHLUBKuegsmq2XpX
        o/Y733gUTZvIs5ukVy/bcWf0Zr8pLcbYK/MjiBBat9JujApyy8Lf0BZZzQ6NWm/l
        qVSyzPo9emFskm1g/+8TMdNxEbVa3V0CYN7+klmSHnfY0GJVVa66YxR7HADC26DZ
        2DEcgjAzl6QMjFSb5enQB6gbKaLSEi9i2YjBAQIDAQABAoIBAASn+dtTEQIjI1kj
        uhHjFKt+2RiOPImC2nr52ASuaixYMYUWHIjqZKGrmx+Cb4Uc49R6srtKTV8ezQI0
        /oIqwcgkJpMW0OhckMj60ObDB5UMgBPZvNAP6+5R0xLn3OYI2aWzGbF07FD9eexF
        mMgsB+tpCSKB+nR4daBtIN1oGBrxOa8VkRn8ID4KKxdnQBjSnE+1PBOJCo+ZChdB
        VVD+Tj+MUvSgM2EUPjGZcdkfuVfpjwFpxtj9h3JXPne29yGHeVGDuL/DVpQkepM5
        ZRYNOt/y7bjM0EznIay65uB2TgFWavJ/IDrMe51+8w+MzwXnBjg5fElihiyJg9og
        MYFSCiUCgYEA/OVPf8vrWHP2gsoUCQdCdBSYJbiy1ftT9kqmSaav/zmCRhq0UtAv
        TYBLV5OjRESA6p/LEGMwVWHX4upofABeKKASy6PMhV44cl3x+MWEXuy9gVDC/yz1
        C7TV79PlDPcSeOC5Jrt38/tJEbSLpSy+wryPfW/mJRQ7UkT2VAOuK+MCgYEA0dr/
        OvbeeyrwKIN638MqFC93m+JYZNsI2ere4W6w6Cyts34+HiXBlkc36zwOn7v8gCbJ
        St/wrj/feVNo6mgRMkoPBKFtPqsl6lDnjjYWUEf5fXVvrUiJ2ON8XK4CuZY084xH
        mq9gx/WuyVIykOFnPCkjfrMFzWvu0F7Ux6ZOfMsCgYBZhlO+SdHmXibF5gNxrsA3
        l5LEx72HQpFWftae/AMRtqoHZyyupEQai3AgcIM7h4SbijW4d2SE1T43dgPG4dpz
        RzdgH3wnOlOBKQCfsExLzkLHpG9jJecZXcreO4S6Mjy3zdW9gF/WXv5e5isJLe3Z
        wiaJoTM3rRHS7dbFpwfhQQKBgQCfrBqw+a90VcpfeRLf+LYmn6tJX6JUMth8PpoR
        OtC+B2iu/uoytBWky1F/2bVi0n0f4OMd5mBRpOXbgZx9ZmtXMURWCKF/omd57s8Q
        xJSbxvfM/rLXTS8daJFyTzBhlyl4+g5tYu2nl4bDRZiV5ftPqhmIyJwsnegagV0y
        /5YOmwKBgQCdCwze92VV8Bd4sT+PhMQu6zyrsaC5Lhk48V2oHuwIVwZhihO3VEq5
        xt25oWrruIIxFW+svPJv3SiYNbxHrW5stWJiDX/zXanCmA/fbYae+6xQCRtMXofh
        I8R5LDX//uvPdAixD31XaYH/02mhuDZuF05FuiVp1xeNC/Xvc5rnIw==
        -----END RSA PRIVATE KEY-----
        """

    /// Its public half.
    static let rsaPublic = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAz0+NT7JTO5/2Ra5zMg9d
        ef+Say7T76x7DNzB6R4zNZp7FTMmFXiX/4dYs1pessTNdn6H6UuyXkHybS9nK9sC
        p7g7VHI8p8321ytgc6dJrEuMeAI9L0vkRRFG/EEacgK+5OqOp+ANCbsajCsrNfSl
        qDMZUmu5BwiOqHLUBKuegsmq2XpXo/Y733gUTZvIs5ukVy/bcWf0Zr8pLcbYK/Mj
        iBBat9JujApyy8Lf0BZZzQ6NWm/lqVSyzPo9emFskm1g/+8TMdNxEbVa3V0CYN7+
        klmSHnfY0GJVVa66YxR7HADC26DZ2DEcgjAzl6QMjFSb5enQB6gbKaLSEi9i2YjB
        AQIDAQAB
        -----END PUBLIC KEY-----
        """

    /// Its public half in PKCS #1.
    static let rsaPublicPKCS1 = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEAz0+NT7JTO5/2Ra5zMg9def+Say7T76x7DNzB6R4zNZp7FTMmFXiX
        /4dYs1pessTNdn6H6UuyXkHybS9nK9sCp7g7VHI8p8321ytgc6dJrEuMeAI9L0vk
        RRFG/EEacgK+5OqOp+ANCbsajCsrNfSlqDMZUmu5BwiOqHLUBKuegsmq2XpXo/Y7
        33gUTZvIs5ukVy/bcWf0Zr8pLcbYK/MjiBBat9JujApyy8Lf0BZZzQ6NWm/lqVSy
        zPo9emFskm1g/+8TMdNxEbVa3V0CYN7+klmSHnfY0GJVVa66YxR7HADC26DZ2DEc
        gjAzl6QMjFSb5enQB6gbKaLSEi9i2YjBAQIDAQAB
        -----END RSA PUBLIC KEY-----
        """

    /// A certificate of it.
    static let rsaCertificate = """
        -----BEGIN CERTIFICATE-----
        MIICpTCCAY2gAwIBAgIBATANBgkqhkiG9w0BAQsFADAWMRQwEgYDVQQDDAtpc3N1
        ZXIudGVzdDAeFw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBYxFDASBgNV
        BAMMC2lzc3Vlci50ZXN0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA
        z0+NT7JTO5/2Ra5zMg9def+Say7T76x7DNzB6R4zNZp7FTMmFXiX/4dYs1pessTN
        dn6H6UuyXkHybS9nK9sCp7g7VHI8p8321ytgc6dJrEuMeAI9L0vkRRFG/EEacgK+
        5OqOp+ANCbsajCsrNfSlqDMZUmu5BwiOqHLUBKuegsmq2XpXo/Y733gUTZvIs5uk
        Vy/bcWf0Zr8pLcbYK/MjiBBat9JujApyy8Lf0BZZzQ6NWm/lqVSyzPo9emFskm1g
        /+8TMdNxEbVa3V0CYN7+klmSHnfY0GJVVa66YxR7HADC26DZ2DEcgjAzl6QMjFSb
        5enQB6gbKaLSEi9i2YjBAQIDAQABMA0GCSqGSIb3DQEBCwUAA4IBAQAu0OmlyM7J
        Hign8B7dZjWx8Hy107qZFVRcqTuhxUjC96rZWEjdHlY974KtnZNYJnxtX0O0TLS/
        sE8MMtI9HzCyOHnCTEVQuhOcAC1TLOG/LU5tVo4drTYx5rUfMkY1dLuiuoXzztei
        toz/iZu7GQHoP5iIckZ/VjIDVilqDscR44y+oogoDkOfLqIilWHVBWE38nkcPDBk
        Ihv0rBSK1pBU75IiyjX138jjrDRBo6iexvOl5xN4F8Nl4SOkUGSkew+GPgHjw/RI
        DgmUx/ekSi4Lw1jL0a0Yhjfaiv3OYZ0BcULF2l8OMRC3MsrVhR8FkrB2XqR/e2mO
        eh1711Wb81kN
        -----END CERTIFICATE-----
        """

    /// A key of 1024 bits.
    static let rsaSmallPublic = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDDGRmknZLrcyti9IbVCk5qUorP
        cJla/HaGFDSfLrIoVGHYJJViG/OffnAmox9m2t28Q+kusNRtCxW5JIvCyGV0owRz
        2hRh6NOQ7tmzqo17PpGvEKcRu+RlIxUcXUIfbM6jjrPy+bQiCdA+lJ88cc5VXrTH
        I43iFa7V8Uuf0+s4wQIDAQAB
        -----END PUBLIC KEY-----
        """

    /// PKCS #8.
    static let p256Private = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+x26N02eQdaCxlgc
        zpD0e6lrnF5gk3qRjOFzi9hQKLqhRANCAARxQrIERRtC6Y5SxN19NEjQA5ZFZYrp
        e9qPZSfaIkAQgJ789ekAk5ySp/aSHWhfNzID5jpDzzZzkjVdtbBfcX3O
        -----END PRIVATE KEY-----
        """

    /// The same key as OpenSSL's older commands write it.
    static let p256PrivateSEC1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIPsdujdNnkHWgsZYHM6Q9Hupa5xeYJN6kYzhc4vYUCi6oAoGCCqGSM49
        AwEHoUQDQgAEcUKyBEUbQumOUsTdfTRI0AOWRWWK6Xvaj2Un2iJAEICe/PXpAJOc
        kqf2kh1oXzcyA+Y6Q882c5I1XbWwX3F9zg==
        -----END EC PRIVATE KEY-----
        """

    /// Its public half.
    static let p256Public = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcUKyBEUbQumOUsTdfTRI0AOWRWWK
        6Xvaj2Un2iJAEICe/PXpAJOckqf2kh1oXzcyA+Y6Q882c5I1XbWwX3F9zg==
        -----END PUBLIC KEY-----
        """

    /// A certificate of it.
    static let p256Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBGDCBv6ADAgECAgEBMAoGCCqGSM49BAMCMBYxFDASBgNVBAMMC2lzc3Vlci50
        ZXN0MB4XDTIwMDEwMTAwMDAwMFoXDTIxMDEwMTAwMDAwMFowFjEUMBIGA1UEAwwL
        aXNzdWVyLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARxQrIERRtC6Y5S
        xN19NEjQA5ZFZYrpe9qPZSfaIkAQgJ789ekAk5ySp/aSHWhfNzID5jpDzzZzkjVd
        tbBfcX3OMAoGCCqGSM49BAMCA0gAMEUCID/m4/KEoThqH5zX1FYH5aRachRYmmAY
        npm4xhEONf1HAiEA0Rk3dFyo882mJSgN0Mp/F9jOCiFDWNwt6j2ERS0c7iU=
        -----END CERTIFICATE-----
        """

    /// Another key, as `openssl ecparam -genkey` writes it: with the curve before it.
    static let p256OpenSSL = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIDhhN8OyToCM94Mhrz3/K6j39BVOmuGyD4rtK2A3wBMKoAoGCCqGSM49
        AwEHoUQDQgAEsk3fhLhPuqF8I3QLpZSzFjyXPi8amMvcnrGS9l8KL8LEROVx9D5I
        yiRr4euZ6EXrgdKqcsYX5XLxcfSsTDTRlw==
        -----END EC PRIVATE KEY-----
        """

    /// PKCS #8.
    static let p384Private = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCAofKKSDRczGI9/aAh
        Nd1U0+eO8Wjl4wU2CBspl5egWSL32w6FRAGCKMqz1c/BCSyhZANiAAQihEaUQoz4
        UBbXRuYs8BPCi58dlRGCSknbAY9EGrwMl4XE88aehAblebkBH1R6riYsJ8hFRdJb
        Nd5z3BsniANjpwVXpV6QVSWusWT6Dt0X61zVOf69UhpU99ywuI8FSEU=
        -----END PRIVATE KEY-----
        """

    /// Its public half.
    static let p384Public = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEIoRGlEKM+FAW10bmLPATwoufHZURgkpJ
        2wGPRBq8DJeFxPPGnoQG5Xm5AR9Ueq4mLCfIRUXSWzXec9wbJ4gDY6cFV6VekFUl
        rrFk+g7dF+tc1Tn+vVIaVPfcsLiPBUhF
        -----END PUBLIC KEY-----
        """

    /// PKCS #8.
    static let p521Private = """
        -----BEGIN PRIVATE KEY-----
        MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIB7pIpvWhVwnUvcUBH
        FxCX6e+qjwIrI5kgcthmCgPBJY8XTW0aAB+f87s6/At8wmGieVn+NoaDsk4hj0b3
        m0ZPN9ChgYkDgYYABAFJHlpdVgm1c8iAPvNyF5sk7WSQpNsg8DRMj4eMsquzjiOy
        grY1C2DJh1ByPLFZ9DAvbmkq03Rq7gAgISqMT0vFfwFeJDpLgRW+uEuc66xDPB3u
        IzFyBZTXyyA7RRjQAUc/wBUk3MdyioYbrJZ3CGMNiH41JL5SWHghr7BtW9+USopG
        /g==
        -----END PRIVATE KEY-----
        """

    /// Its public half.
    static let p521Public = """
        -----BEGIN PUBLIC KEY-----
        MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBSR5aXVYJtXPIgD7zchebJO1kkKTb
        IPA0TI+HjLKrs44jsoK2NQtgyYdQcjyxWfQwL25pKtN0au4AICEqjE9LxX8BXiQ6
        S4EVvrhLnOusQzwd7iMxcgWU18sgO0UY0AFHP8AVJNzHcoqGG6yWdwhjDYh+NSS+
        Ulh4Ia+wbVvflEqKRv4=
        -----END PUBLIC KEY-----
        """

    /// PKCS #8.
    static let ed25519Private = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIPfz5IEIyusD2uzwYCFLiE8PSxDvCrBDqRtW4b+b5s8t
        -----END PRIVATE KEY-----
        """

    /// Its public half.
    static let ed25519Public = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAcm3UHoZkO58uza97KAi4m9zKFkLMGrJySv6jlUN18bA=
        -----END PUBLIC KEY-----
        """

    /// The private key, encrypted.
    static let ed25519Encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBDXtsuVJezby/twns6v
        j9ZXAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQaj5Dxe+qKwn83M87
        lDnwpgRA0OJYfju2u6eIHEOlzqmBnFYcQFXmLiSyR1eVgxNr39rV3OWHfJA18B8N
        6f8njpj9exTt557My1bt4rKEXIPemA==
        -----END ENCRYPTED PRIVATE KEY-----
        """

    /// The public keys as JWK, by `kid`.
    static let jwks: [String: String] = [
        "rsa": #"""
        {"n":"z0-NT7JTO5_2Ra5zMg9def-Say7T76x7DNzB6R4zNZp7FTMmFXiX_4dYs1pessTNdn6H6UuyXkHybS9nK9sCp7g7VH\#
        I8p8321ytgc6dJrEuMeAI9L0vkRRFG_EEacgK-5OqOp-ANCbsajCsrNfSlqDMZUmu5BwiOqHLUBKuegsmq2XpXo_Y733gUTZ\#
        vIs5ukVy_bcWf0Zr8pLcbYK_MjiBBat9JujApyy8Lf0BZZzQ6NWm_lqVSyzPo9emFskm1g_-8TMdNxEbVa3V0CYN7-klmSHn\#
        fY0GJVVa66YxR7HADC26DZ2DEcgjAzl6QMjFSb5enQB6gbKaLSEi9i2YjBAQ","e":"AQAB","kty":"RSA","kid":"rsa"\#
        }
        """#,
        "p256": #"""
        {"crv":"P-256","x":"cUKyBEUbQumOUsTdfTRI0AOWRWWK6Xvaj2Un2iJAEIA","y":"nvz16QCTnJKn9pIdaF83MgPmOk\#
        PPNnOSNV21sF9xfc4","kty":"EC","kid":"p256"}
        """#,
        "p384": #"""
        {"crv":"P-384","x":"IoRGlEKM-FAW10bmLPATwoufHZURgkpJ2wGPRBq8DJeFxPPGnoQG5Xm5AR9Ueq4m","y":"LCfIR\#
        UXSWzXec9wbJ4gDY6cFV6VekFUlrrFk-g7dF-tc1Tn-vVIaVPfcsLiPBUhF","kty":"EC","kid":"p384"}
        """#,
        "p521": #"""
        {"crv":"P-521","x":"AUkeWl1WCbVzyIA-83IXmyTtZJCk2yDwNEyPh4yyq7OOI7KCtjULYMmHUHI8sVn0MC9uaSrTdGru\#
        ACAhKoxPS8V_","y":"AV4kOkuBFb64S5zrrEM8He4jMXIFlNfLIDtFGNABRz_AFSTcx3KKhhuslncIYw2IfjUkvlJYeCGvs\#
        G1b35RKikb-","kty":"EC","kid":"p521"}
        """#,
        "ed": #"""
        {"crv":"Ed25519","x":"cm3UHoZkO58uza97KAi4m9zKFkLMGrJySv6jlUN18bA","kty":"OKP","kid":"ed"}
        """#,
    ]
}
