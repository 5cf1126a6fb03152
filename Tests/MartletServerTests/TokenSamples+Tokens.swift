@testable import MartletServer

extension TokenSamples {
    /// Tokens with the claims of ``claims`` that another implementation (Python's joserfc 1.6.5) signed.
    static let tokens: [TokenAlgorithm: String] = [
        .hs256: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.h2inxJFacl41dIoGUhCU2Q\
        SaJg23_nrqYlkfqdck0Qc
        """,
        .hs384: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzM4NCJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.uOVRKmE-LEMjACwd6c6uMb\
        AWTmCKwJ60ebkZXT5yFimS6m5LOhKUa0NrhVbX2SHg
        """,
        .hs512: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.VSqwhTR4lpKpnI9bA5GKa1\
        zeMOBArGNHffcDwn9AnOSqjC3wsom3YZI_mjg_RxH3za4AJHuB9kkNl8Vd0p5rZg
        """,
        .rs256: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.NLRsunPF0rfGm42-ijBC82\
        QUte6x-P799UsdzSd7rQ4dMiM7-fGxKgHtNESJrq6w60VtiQZzFKYZsRqZkxZqlJggA_89R7ZNjqmAIXW1tu44otCw2JYc0R\
        R2HJSjFtSnvxIvqBCZ012pRCbs653LlTPhngAdzzFum5GuFtSdA9--FleUvWjREuDa4ezEEuSeVs8VwTLgxAb5zJxi25XNJr\
        O1oIMBWpy-ckj7vNat90AALsJeqwf2Q7VjyxG7xmdr4sJAg81DediRsDbR9Okc0TNABKzwahd3cLbI1RlgV6bQiLGUSnVA_D\
        nLPapcjy5aLvO7gxAUr1f6vytq2bAMMg
        """,
        .rs384: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzM4NCJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.CLV94DAoAErPht9sRv0B9k\
        D4yPK73ySIl8y1-WQfa0wsyd1k8AvqVNiCPr94-7Tgp13uJN9f5axvMRrZ3ep35fJHmlR9TA0qtcJBKAqx0P9QIQmBoMrmO6\
        g_XyZEisp9LZr73tBHRR7at2ah37lE47F36v_Q2PEsQZI5eA17GIZOwGklcA8XlLk5zK2axPJk326cWTKhaIUPWy7FcC1PU5\
        Ws9F_SSK04QqUNwb3UDUrjbtfUEk3ukeqbEA0BswvtNMpcgEjROOYLnZKd3HCvP4TJJ0e_oXf9Z5HH1dgtgqDuxBALAE4fKx\
        Cf9HVGouMEIzAl3YwWEfsbwNzHt7yUgQ
        """,
        .rs512: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzUxMiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.eGmHMs-OL8cW05aDmtl7sm\
        5zr9Iu2mZm6KcsoJo-Az02WiCrbNqGKkSkJgeDcNrkHvFmB-oFAwHSmd_dY6-SF8LU20vNWglultd8xQS4l7VYmfnA2Q58OO\
        _mnsAjd5IaL_mXgsteva0I36E4Drflj2Pf1wvzRA6jJEMNeMs81OzAT-O0NI5t9Jr4GvajDvsdW-5i08jdg4zB9Sz0YLxirY\
        A45lw1jI4OEMRxsXfdPLJ0ShxyaD8Ic3rHy6kftYNvYkLJAh78g1T-QaEBYFomtojvplm0sWKHyiAkbNwWOfDNpNJesdB0DK\
        PyQiGkL0jswJrspziM33ZGniz-PBfeVw
        """,
        .ps256: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJQUzI1NiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.mExSHDUVTbJcqIWbUP57F9\
        geF_DtRjnL_lt5ci44WjecUe9HyxcwL3jZTNSE32Z9ogFNOMTnQXvrQCKEs7cc0uPeG04y4s_jWiPBAbWO0a7-pXc4QziDSx\
        0mtC3JGdncnNIdQn4q35AjD_OYCjyEMMKZ4jpOtZIKutt-TSm1vnq5_5GM_lrBx6x4u2YjLMuVZKmOnomUugosOK7Vm1OU-O\
        pHYDJdW33a8SBeLtkPCMYyKMLvbfw1ufK8g-tmClSrsiXJepdZHT1WHlcbd3UGJoVs4E6_nefwbGfZm_HCBPLucbA57U9wD1\
        A1kErl-1WP6rbucZQeJelKqcoJYe4K-A
        """,
        .ps384: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJQUzM4NCJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.xFdBIMrPRZw-0VixLYS4y7\
        kVe3XAV5BanP722Jyvi7StdW2gPxtD8yWTYTqjCKDjMIUL-xs4PRaFSS3DhSMdGKEDDyxbqzuI5SLUQkuBE7hwCjTk9mFDT6\
        TBzCuzz-PmW16e_YqyHAEU91PSAFZnZjWqedB8sEWvSt_uxKoyNkw7EU6jmHbm0CPQExwoYUa644LC4eX-3hYqMCrpFaLVtk\
        2WaRPuGygQWLnBWF4G3Ffg02bWa7LbfK3TbZojiNs_3cdJQMhrrzubXT6KaeRiZLlV0EJIpQa_lpSHzqiiEByq1ETyJSJjpX\
        yqfYzRbSkZrBICadm6pVjDAMWRufOlSQ
        """,
        .ps512: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJQUzUxMiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.jpt6xtiEFPjZykiNFGna2l\
        _WwtV_zwFf5XzS3djWag2U_VUQ0sB92LxX5-04UVdhB9vjPgcusBRCORgEAPIY2wETUpip4peO8LLWUaa7RRkfyL84t2XF8m\
        efHVVoOO1ahrF2wRTszu_UUzt96Ru6SqLeRmwEqqcdtQHb9Tbc2QQZ6krYBeaHXntGlqmi5QiSSQsoXZxpXL0VTw6MRss2ut\
        Fu8h6yfaVJsISaEN5uhjH_F30wFw1Q2UlzShTeuzzCIhHLxCHwqYFrJaop-Pv8Q1O_aNvaM7uKWnZiqwpxIEue-hPLmkoDYf\
        SD66KkbvQqIZ2UyUWfQ2K7lhrAN1Wgvw
        """,
        .es256: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.bgmUPj09VnhWBlb64X2YkS\
        qy6Gr26yVdeehtEsl8WpfYjTRU8zsm23rgNfRyLsCU5RmZMDTT7znI65OmZjbi9w
        """,
        .es384: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzM4NCJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9._u7oFirqzYljbq1AJwuMCV\
        cRJ0i56Ux_0uP4QDX6dXkRMOd1Xp1XLULKsqeRWMBJb5sWPAoTgJWtpnu31QiEbsg5T2u-xVGjSg_nrrDiZirQnxhEOIS00Q\
        zyA145XnNr
        """,
        .es512: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzUxMiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.Ac3_rSEeAqAPjbCTanJb1c\
        w49LODi5sZPPhqECXvxZxvV8KATe5UuKoXHzw2BsOFdblI-E2mRJrbaSNanuk9fjQhAXxTpqJMkPm3Tqg4JW8uO20pG5WbZa\
        Lqxhftx3F0fCViBKzDGmgMuq0Mvw9a4qGukb0sZX16I0pHRVCVk7HGajU1
        """,
        .edDSA: """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiaHR0cHM6Ly9leGFtcGxlLmNvbS9\
        ib29rcy97aWR9IiwiKiJdLCJzdWJzY3JpYmUiOlsiw6nimIMiXSwicGF5bG9hZCI6eyJ1c2VyIjoiem_DqyIsIm4iOjEyMzQ\
        1Njc4OTAxMjM0NTY3ODkwfX0sImV4cCI6NDEwMjQ0NDgwMC41LCJuYmYiOjEwMDAwMDAwMDB9.zveYqNx55a8t6sQ4t4ylm-\
        whTklx6ssB0X3MmQQQ0mwwoOceSFl-tcJtrrUKQg-e_qic8Qx0e7F27b-tek61Dw
        """,
    ]
}
