/// Frames and what they are.
enum RESPSamples {
    static let frames: [(bytes: String, notation: [String])] = [
        ("+OK\r\n", ["simple OK"]),
        ("+\r\n", ["simple "]),
        ("-WRONGTYPE no\r\n", ["error WRONGTYPE no"]),
        (":0\r\n:-1\r\n:+7\r\n", ["number 0", "number -1", "number 7"]),
        (":9223372036854775807\r\n:-9223372036854775808\r\n", ["number \(Int64.max)", "number \(Int64.min)"]),
        ("$5\r\nhello\r\n", ["bulk hello"]),
        ("$0\r\n\r\n", ["bulk "]),
        ("$4\r\n\r\n\r\n\r\n", ["bulk \r\n\r\n"]),
        ("$-1\r\n*-1\r\n_\r\n", ["null", "null", "null"]),
        ("*0\r\n", ["*[]"]),
        ("*3\r\n:1\r\n$2\r\nab\r\n*1\r\n_\r\n", ["*[number 1, bulk ab, *[null]]"]),
        ("#t\r\n#f\r\n", ["true", "false"]),
        (",1.5\r\n,-3\r\n,1e3\r\n,.5\r\n", ["double 1.5", "double -3.0", "double 1000.0", "double 0.5"]),
        (",inf\r\n,-inf\r\n,nan\r\n", ["double inf", "double -inf", "double nan"]),
        (
            "(3492890328409238509324850943850943825024385\r\n(-1\r\n",
            [
                "big 3492890328409238509324850943850943825024385", "big -1",
            ]
        ),
        ("!9\r\nERR a\r\nb!\r\n", ["bulk error ERR a\r\nb!"]),
        ("=8\r\ntxt:text\r\n=4\r\nmkd:\r\n", ["verbatim txt:text", "verbatim mkd:"]),
        ("%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n", ["%[simple a, number 1, simple b, %[]]"]),
        ("~2\r\n:1\r\n:2\r\n~0\r\n", ["~[number 1, number 2]", "~[]"]),
        (">2\r\n+message\r\n*1\r\n:1\r\n+x\r\n", [">[simple message, *[number 1]]", "simple x"]),
        ("|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n", ["bulk v"]),
        ("|0\r\n|0\r\n*2\r\n|1\r\n+k\r\n*1\r\n_\r\n:1\r\n:2\r\n", ["*[number 1, number 2]"]),
        ("*2\r\n|1\r\n+a\r\n+b\r\n|0\r\n*0\r\n~0\r\n", ["*[*[], ~[]]"]),
        ("*1\r\n*1\r\n*1\r\n*1\r\n%1\r\n~1\r\n#t\r\n*0\r\n", ["*[*[*[*[%[~[true], *[]]]]]]"]),
    ]

    /// What is refused, each at once, without waiting for more.
    static let malformed: [(bytes: String, says: String)] = [
        ("\r\n", "byte 13"), ("?", "byte 63"), ("x", "byte 120"), ("\0", "byte 0"), ("GET / HTTP/1.1\r\n", "byte 71"),
        ("HTTP/1.1 400 Bad Request\r\n", "byte 72"),
        ("+OK\n", "CR LF"), ("+O\rK\r\n", "CR LF"), ("+OK\r\r", "CR LF"), ("+a\nb", "CR LF"),
        (":\r\n", "integer"), (":-\r\n", "integer"), (":1a\r\n", "integer"), (": 1\r\n", "integer"),
        (":--1\r\n", "integer"), (":9223372036854775808\r\n", "64 bits"), (":-9223372036854775809\r\n", "64 bits"),
        ("$\r\n", "length"), ("$-2\r\n", "length"), ("$+1\r\n", "length"), ("$1e3\r\n", "length"), ("$?\r\n", "length"),
        ("*?\r\n", "length"), ("*-2\r\n", "length"), ("%-1\r\n", "length"), ("~-1\r\n", "length"),
        (">-1\r\n", "length"),
        ("!-1\r\n", "length"), ("=-1\r\n", "length"), ("$99999999999999999999\r\n", "length"),
        ("$2\r\nabc\r\n", "followed"), ("$2\r\nab\n\r", "followed"), ("$0\r\n..", "followed"),
        ("#\r\n", "boolean"), ("#true\r\n", "boolean"), ("#T\r\n", "boolean"), ("_x\r\n", "null"),
        (",\r\n", "double"), (",1.5.5\r\n", "double"), (",e5\r\n", "double"), (",1e\r\n", "double"),
        (",.\r\n", "double"),
        (",0x1p3\r\n", "double"), (",infinity\r\n", "double"), (",1,5\r\n", "double"), (", 1\r\n", "double"),
        ("(\r\n", "digits"), ("(-\r\n", "digits"), ("(12a\r\n", "digits"),
        ("=3\r\ntxt\r\n", "format"), ("=4\r\ntext\r\n", "format"), ("=0\r\n\r\n", "format"),
        ("*1\r\n>0\r\n", "push"), ("|1\r\n>1\r\n", "push"),
    ]
}
